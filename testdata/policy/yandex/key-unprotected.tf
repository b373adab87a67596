resource "yandex_kms_symmetric_key" "pan" {
  name                = "pan"
  default_algorithm   = "AES_256_HSM"
  rotation_period     = "2160h"
  deletion_protection = false
}
