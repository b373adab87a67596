resource "google_service_account_key" "a" {
  service_account_id = google_service_account.a.name
}
