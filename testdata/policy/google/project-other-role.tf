resource "google_project_iam_member" "a" {
  project = "pay-prod"
  role    = "roles/compute.viewer"
  member  = "allUsers"
}
