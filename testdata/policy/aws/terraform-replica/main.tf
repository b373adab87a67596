data "aws_caller_identity" "current" {}

resource "aws_kms_replica_key" "pan" {
  description         = "PAN"
  primary_key_arn     = "arn:aws:kms:eu-west-1:111122223333:key/mrk-0c237476b39f44f8b4a92a2f0c0e6b5a"
  policy              = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}
