resource "yandex_kms_symmetric_key" "pan" {
  name                = "pan"
  default_algorithm   = "AES_256_HSM"
  deletion_protection = true
}
