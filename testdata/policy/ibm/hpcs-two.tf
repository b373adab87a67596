resource "ibm_hpcs" "cards" {
  location             = "eu-de"
  name                 = "cards"
  plan                 = "standard"
  units                = 2
  signature_threshold  = 2
  revocation_threshold = 2
}
