resource "google_compute_disk" "a" {
  name = "a"
  zone = "europe-west1-b"
  disk_encryption_key {
    raw_key = "bSXPc0xJod0nPk2Pq19b240QmewF6P3Hwdc0d3ZIq3M="
  }
}
