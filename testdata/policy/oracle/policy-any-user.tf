resource "oci_identity_policy" "p" {
  compartment_id = var.tenancy
  name           = "p"
  description    = "keys"
  statements     = ["Allow any-user to use keys in compartment pay"]
}
