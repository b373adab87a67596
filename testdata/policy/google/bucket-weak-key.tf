resource "google_kms_crypto_key" "wrap" {
  name    = "wrap"
  key_ring = google_kms_key_ring.pay.id
  purpose = "ASYMMETRIC_DECRYPT"
  version_template {
    algorithm        = "RSA_DECRYPT_OAEP_2048_SHA256"
    protection_level = "HSM"
  }
  lifecycle {
    prevent_destroy = true
  }
}
resource "google_storage_bucket" "a" {
  name     = "a"
  location = "EU"
  encryption {
    default_kms_key_name = google_kms_crypto_key.wrap.id
  }
}
