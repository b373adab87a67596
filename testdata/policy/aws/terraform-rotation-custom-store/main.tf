resource "aws_kms_key" "pan" {
  custom_key_store_id = "cks-1234"
}
