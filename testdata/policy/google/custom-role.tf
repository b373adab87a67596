resource "google_project_iam_custom_role" "ops" {
  role_id     = "kmsOps"
  title       = "KMS operations"
  permissions = ["cloudkms.cryptoKeys.setIamPolicy", "cloudkms.cryptoKeyVersions.useToDecrypt"]
}
