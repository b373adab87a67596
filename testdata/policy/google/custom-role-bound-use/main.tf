resource "google_project_iam_custom_role" "keys" {
  role_id = "keyOperator"
  title   = "Key operator"
  permissions = [
    "cloudkms.cryptoKeyVersions.useToDecrypt",
  ]
}

resource "google_kms_crypto_key_iam_member" "operator" {
  crypto_key_id = "projects/pay/locations/europe-west3/keyRings/pay/cryptoKeys/pan"
  role          = google_project_iam_custom_role.keys.id
  member        = "user:ana@example.com"
}
