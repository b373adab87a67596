resource "aws_secretsmanager_secret" "acquirer" {
  name       = "settlement/acquirer"
  kms_key_id = "arn:aws:kms:eu-west-1:444455556666:key/0d0e0f0a-7777-4888-9999-0123456789ab"
}
