resource "aws_kms_grant" "g0" {
  key_id            = "arn:aws:kms:eu-west-1:111122223333:key/0c237476-b39f-44f8-b4a9-2a2f0c0e6b5a"
  grantee_principal = "arn:aws:iam::111122223333:root"
  operations        = ["Decrypt"]
  constraints {
    encryption_context_subset = {
      app = "pay"
    }
  }
}

resource "aws_kms_grant" "g1" {
  key_id            = "arn:aws:kms:eu-west-1:111122223333:key/0c237476-b39f-44f8-b4a9-2a2f0c0e6b5a"
  grantee_principal = "arn:aws:iam::111122223333:role/app"
  operations        = ["Decrypt"]
}

