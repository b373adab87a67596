resource "alicloud_kms_key" "orders" {
  description         = "orders"
  automatic_rotation  = "Enabled"
  rotation_interval   = "31536000s"
  protection_level    = "HSM"
}
