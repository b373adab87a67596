variable "name" {
  type = string
}

variable "exportable" {
  type    = bool
  default = false
}

variable "rotation_days" {
  type    = number
  default = 90
}

resource "vault_transit_secret_backend_key" "this" {
  backend            = "transit"
  name               = var.name
  exportable         = var.exportable
  auto_rotate_period = var.rotation_days * 24 * 60 * 60
}
