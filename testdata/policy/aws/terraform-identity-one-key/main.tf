resource "aws_kms_key" "pan" {
  enable_key_rotation = true
}

resource "aws_iam_policy" "dec" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = aws_kms_key.pan.arn },
    ]
  })
}
