resource "oci_identity_policy" "p" {
  compartment_id = var.tenancy
  name           = "p"
  description    = "keys"
  statements     = ["Allow dynamic-group pay-app to use keys in compartment pay where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.a.b'"]
}
