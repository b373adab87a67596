resource "aws_kms_key" "pan" {
  enable_key_rotation = true
}

resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.pan.key_id
  grantee_principal = "arn:aws:iam::111122223333:role/app"
  operations        = ["Decrypt", "CreateGrant"]
  constraints {
    encryption_context_equals = {
      app = "pay"
    }
  }
}
