provider "aws" {
  region = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
resource "aws_kms_key" "k" {
  description = "k"
  enable_key_rotation = true
  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": ["kms:*"], "Resource": "*"},
    {"Sid": "app", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt"], "Resource": "*"}
  ]
}
POLICY
}
