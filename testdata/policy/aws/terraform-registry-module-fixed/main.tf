module "kms" {
  source  = "git::https://github.com/terraform-aws-modules/terraform-aws-kms.git?ref=v3.1.0"

  description             = "card data"
  deletion_window_in_days = 30

  key_users = ["arn:aws:iam::111122223333:role/app"]
  key_statements = [
    {
      sid        = "Partners"
      actions    = ["kms:Decrypt"]
      resources  = ["*"]
      principals = [{ type = "AWS", identifiers = ["*"] }]
      conditions = [
        { test = "StringEquals", variable = "aws:PrincipalOrgID", values = ["o-a1b2c3d4e5"] }
      ]
    }
  ]
  aliases = ["cards"]
}
