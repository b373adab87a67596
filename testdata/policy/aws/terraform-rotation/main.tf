resource "aws_kms_key" "pan" {
  description = "PAN"
}
