resource "vault_transit_secret_backend_key" "pan_kek" {
  backend = "transit"
  name    = "pan-kek"
  type    = "aes128-gcm96"
}
