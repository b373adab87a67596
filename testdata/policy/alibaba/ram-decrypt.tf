resource "alicloud_ram_policy" "p" {
  policy_name     = "p"
  policy_document = jsonencode({
    Version = "1"
    Statement = [{ Effect = "Allow", Action = ["kms:Decrypt"], Resource = ["acs:kms:cn-hangzhou:1540000000000000:key/key-hzz62f1cb66fa42qo0000"] }]
  })
}
