resource "aws_kms_key" "kek" {
  customer_master_key_spec = "RSA_2048"
}

resource "aws_kms_alias" "kek" {
  name          = "alias/kek"
  target_key_id = aws_kms_key.kek.key_id
}

resource "aws_ebs_volume" "data" {
  kms_key_id = aws_kms_key.kek.arn
}
