# The first block is not Terraform; the second is, and is judged.
resource "vault_transit_secret_backend_key" "broken" {
  name = = "broken"
}

resource "vault_transit_secret_backend_key" "pan" {
  backend            = "transit"
  name               = "pan"
  exportable         = false
  auto_rotate_period = 7776000
}
