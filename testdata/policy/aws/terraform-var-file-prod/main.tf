variable "who" {
  type = string
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { AWS = var.who }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}
