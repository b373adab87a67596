resource "aws_secretsmanager_secret" "acquirer" {
  name       = "settlement/acquirer"
  kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-1111-4222-8333-abcdefabcdef"
}
