include "root" {
  path = find_in_parent_folders()
}
terraform {
  source = "../../../modules//kms"
}
inputs = {
  enable_rotation = false
  deletion_window = 7
  admins = ["arn:aws:iam::111122223333:role/admin"]
}
