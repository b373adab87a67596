resource "alicloud_kms_key" "pan" {
  description            = "pan"
  pending_window_in_days = 30
  deletion_protection    = "Enabled"
  protection_level       = "SOFTWARE"
  automatic_rotation     = "Enabled"
  rotation_interval      = "90d"
}
