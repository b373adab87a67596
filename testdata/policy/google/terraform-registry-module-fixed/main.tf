module "kms" {
  source               = "terraform-google-modules/kms/google"
  version              = "~> 4.0"
  project_id           = "cards-production"
  location             = "europe-west1"
  keyring              = "cards"
  keys                 = ["pan"]
  set_decrypters_for   = ["pan"]
  decrypters           = ["serviceAccount:app@cards-production.iam.gserviceaccount.com"]
  key_protection_level = "HSM"
}
