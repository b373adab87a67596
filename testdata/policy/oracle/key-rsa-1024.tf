resource "oci_kms_key" "pan" {
  compartment_id      = var.compartment
  display_name        = "pan"
  management_endpoint = oci_kms_vault.v.management_endpoint
  protection_mode     = "HSM"
  key_shape {
    algorithm = "RSA"
    length    = 128
  }
}
