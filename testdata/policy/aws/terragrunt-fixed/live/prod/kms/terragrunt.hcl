include "root" {
  path = find_in_parent_folders()
}
terraform {
  source = "../../../modules//kms"
}
inputs = {
  enable_rotation = true
  deletion_window = 30
  admins = ["arn:aws:iam::111122223333:role/admin"]
}
