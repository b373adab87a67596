resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = file("${path.module}/policy.json")
}
