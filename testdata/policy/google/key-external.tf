resource "google_kms_crypto_key" "pan" {
  name                       = "pan"
  key_ring                   = google_kms_key_ring.pay.id
  destroy_scheduled_duration = "2592000s"
  version_template {
    algorithm        = "EXTERNAL_SYMMETRIC_ENCRYPTION"
    protection_level = "EXTERNAL"
  }
  lifecycle {
    prevent_destroy = true
  }
}
