resource "google_kms_crypto_key" "sign" {
  name                       = "pan"
  key_ring                   = google_kms_key_ring.pay.id
  purpose                    = "ASYMMETRIC_DECRYPT"
  destroy_scheduled_duration = "2592000s"
  version_template {
    algorithm        = "RSA_DECRYPT_OAEP_4096_SHA512"
    protection_level = "HSM"
  }
  lifecycle {
    prevent_destroy = true
  }
}
