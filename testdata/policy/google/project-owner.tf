resource "google_project_iam_member" "a" {
  project = "pay-prod"
  role    = "roles/owner"
  member  = "user:ann@example.com"
}
