resource "alicloud_kms_key" "pan" {
  description            = "pan"
  pending_window_in_days = 30
  deletion_protection    = "Enabled"
  protection_level       = "HSM"
}
