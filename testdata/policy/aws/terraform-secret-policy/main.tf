resource "aws_secretsmanager_secret_policy" "kek" {
  secret_arn = aws_secretsmanager_secret.kek.arn
  policy     = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "secretsmanager:GetSecretValue", Resource = "*" },
    ]
  })
}
