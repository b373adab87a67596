resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = templatefile("${path.module}/policy.json.tftpl", { who = "*" })
}
