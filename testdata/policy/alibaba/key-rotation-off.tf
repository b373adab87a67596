resource "alicloud_kms_key" "orders" {
  description         = "orders"
  automatic_rotation  = "Disabled"
  rotation_interval   = "31536000s"
  protection_level    = "HSM"
}
