resource "oci_identity_policy" "p" {
  compartment_id = var.tenancy
  name           = "p"
  description    = "keys"
  statements     = ["Allow group Ops to manage instances in tenancy"]
}
