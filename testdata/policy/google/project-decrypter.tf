resource "google_project_iam_member" "a" {
  project = "pay-prod"
  role    = "roles/cloudkms.cryptoKeyDecrypter"
  member  = "group:devs@example.com"
}
