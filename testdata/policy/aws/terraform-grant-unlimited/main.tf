resource "aws_kms_key" "pan" {
  enable_key_rotation = true
}

resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.pan.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = ["DescribeKey", "CreateGrant"]
}
