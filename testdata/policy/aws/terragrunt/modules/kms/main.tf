variable "enable_rotation" { type = bool }
variable "deletion_window" { default = 30 }
variable "admins" { type = list(string) }
resource "aws_kms_key" "this" {
  enable_key_rotation     = var.enable_rotation
  deletion_window_in_days = var.deletion_window
}
