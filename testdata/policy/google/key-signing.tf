resource "google_kms_crypto_key" "pan" {
  name                       = "pan"
  key_ring                   = google_kms_key_ring.pay.id
  purpose                    = "ASYMMETRIC_SIGN"
  destroy_scheduled_duration = "2592000s"
  version_template {
    algorithm        = "EC_SIGN_P384_SHA384"
    protection_level = "HSM"
  }
  lifecycle {
    prevent_destroy = true
  }
}
