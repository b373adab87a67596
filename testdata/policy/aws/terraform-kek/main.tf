resource "aws_kms_key" "pan" {
  enable_key_rotation = true
}

resource "aws_ebs_volume" "data" {
  kms_key_id = aws_kms_key.pan.arn
}
