module "kms" {
  source  = "terraform-aws-modules/kms/aws"
  version = "~> 3.1"

  description             = "card data"
  enable_key_rotation     = false
  deletion_window_in_days = 30

  key_users = ["arn:aws:iam::111122223333:role/app"]
  key_statements = [
    {
      sid        = "Partners"
      actions    = ["kms:Decrypt"]
      resources  = ["*"]
      principals = [{ type = "AWS", identifiers = ["*"] }]
    }
  ]
  aliases = ["cards"]
}
