resource "google_compute_disk" "a" {
  name = "a"
  zone = "europe-west1-b"
  disk_encryption_key {
    kms_key_self_link = "projects/pay-prod/locations/europe-west1/keyRings/pay/cryptoKeys/pan"
  }
}
