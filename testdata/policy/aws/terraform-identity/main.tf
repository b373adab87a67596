resource "aws_iam_policy" "dec" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = "*" },
    ]
  })
}
