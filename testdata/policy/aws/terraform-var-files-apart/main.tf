variable "administrator" {
  default = "arn:aws:iam::111122223333:role/keys"
}

variable "users" {
  default = ["arn:aws:iam::111122223333:role/app"]
}

data "aws_iam_policy_document" "pan" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
  statement {
    sid       = "Administer"
    actions   = ["kms:DisableKey", "kms:EnableKey", "kms:ScheduleKeyDeletion"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [var.administrator]
    }
  }
}

data "aws_iam_policy_document" "use" {
  source_policy_documents = [data.aws_iam_policy_document.pan.json]
  statement {
    sid       = "Use"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = var.users
    }
  }
}

resource "aws_kms_key" "pan" {
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.use.json
}
