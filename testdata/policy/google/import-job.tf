resource "google_kms_key_ring_import_job" "a" {
  key_ring         = google_kms_key_ring.pay.id
  import_job_id    = "a"
  import_method    = "RSA_OAEP_4096_SHA256_AES_256"
  protection_level = "HSM"
}
