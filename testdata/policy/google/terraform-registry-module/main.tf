module "kms" {
  source              = "terraform-google-modules/kms/google"
  version             = "~> 4.0"
  project_id          = "cards-production"
  location            = "europe-west1"
  keyring             = "cards"
  keys                = ["pan"]
  set_decrypters_for  = ["pan"]
  decrypters          = ["serviceAccount:app@cards-production.iam.gserviceaccount.com,allUsers"]
  key_rotation_period = "94608000s"
  prevent_destroy     = false
}
