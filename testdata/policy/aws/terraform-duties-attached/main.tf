data "aws_caller_identity" "current" {}

resource "aws_iam_role" "app" {
  name = "app"
}

resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { AWS = aws_iam_role.app.arn }, Action = ["kms:PutKeyPolicy"], Resource = "*" },
    ]
  })
}

resource "aws_iam_policy" "dec" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.pan.arn },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "dec" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.dec.arn
}
