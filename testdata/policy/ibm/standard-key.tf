resource "ibm_kms_key" "pan" {
  instance_id  = var.instance
  key_name     = "pan"
  standard_key = true
}
