resource "random_password" "store" {
  length = 20
}

variable "data" {
  sensitive = true
}

resource "aws_kms_custom_key_store" "hsm" {
  cloud_hsm_cluster_id  = "cluster-4d7k2mpx5qz"
  custom_key_store_name = "cards"
  key_store_password    = "7f93kd-0lsm"
}

resource "aws_kms_ciphertext" "data" {
  key_id    = "alias/cards"
  plaintext = "4111 and so on"
}
