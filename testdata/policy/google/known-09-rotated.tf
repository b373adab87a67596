resource "google_kms_crypto_key" "pan" {
  name                       = "pan"
  key_ring                   = google_kms_key_ring.pay.id
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = "HSM"
  }
  lifecycle {
    prevent_destroy = true
  }
}
