data "aws_caller_identity" "current" {}

resource "aws_kms_key" "pan" {
  enable_key_rotation = true
}

resource "aws_kms_key_policy" "pan" {
  key_id = aws_kms_key.pan.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*", Condition = { StringEquals = { "kms:CallerAccount" = data.aws_caller_identity.current.account_id } } },
    ]
  })
}
