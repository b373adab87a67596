resource "ibm_kms_key_policies" "pan" {
  instance_id = var.instance
  key_id      = ibm_kms_key.pan.key_id
  rotation {
    interval_month = 24
  }
  dual_auth_delete {
    enabled = true
  }
}
