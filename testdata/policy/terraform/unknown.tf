# Nothing of this is known, so nothing is said about it.
variable "exportable" {
  type = bool
}

variable "seconds" {
  type = number
}

resource "vault_transit_secret_backend_key" "this" {
  backend            = "transit"
  name               = "pan"
  exportable         = var.exportable
  auto_rotate_period = var.seconds
}
