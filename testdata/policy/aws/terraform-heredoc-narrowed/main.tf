resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "EnableIAM",
          "Effect": "Allow",
          "Principal": {
            "AWS": "arn:aws:iam::111122223333:root"
          },
          "Action": "kms:*",
          "Resource": "*"
        },
        {
          "Effect": "Allow",
          "Principal": "*",
          "Action": "kms:Decrypt",
          "Resource": "*",
          "Condition": {
            "StringEquals": {
              "kms:CallerAccount": "111122223333"
            }
          }
        }
      ]
    }
  EOF
}
