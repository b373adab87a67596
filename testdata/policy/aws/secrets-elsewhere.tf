resource "random_password" "store" {
  length = 20
}

variable "data" {
  sensitive = true
}

resource "aws_kms_custom_key_store" "hsm" {
  cloud_hsm_cluster_id  = "cluster-4d7k2mpx5qz"
  custom_key_store_name = "cards"
  key_store_password    = random_password.store.result
}

resource "aws_kms_ciphertext" "data" {
  key_id    = "alias/cards"
  plaintext = var.data
}
