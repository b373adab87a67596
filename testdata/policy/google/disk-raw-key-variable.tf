resource "google_compute_disk" "a" {
  name = "a"
  zone = "europe-west1-b"
  disk_encryption_key {
    raw_key = var.disk_key
  }
}
