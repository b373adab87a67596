data "aws_iam_policy_document" "open" {
  statement {
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    actions   = ["kms:Decrypt"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "all" {
  statement {
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
    actions   = ["kms:*"]
    resources = ["*"]
  }

  source_policy_documents = [data.aws_iam_policy_document.open.json]
}

resource "aws_kms_key" "pan" {
  description         = "PAN"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.all.json
}
