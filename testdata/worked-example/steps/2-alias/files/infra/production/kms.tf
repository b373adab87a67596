resource "aws_kms_alias" "card_data" {
  name          = "alias/card-data"
  target_key_id = "arn:aws:kms:eu-west-1:111122223333:key/9f8e7d6c-5555-4666-8777-fedcbafedcba"
}
