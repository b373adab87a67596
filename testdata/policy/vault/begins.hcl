path "transit/keys/pan-*" {
  capabilities = ["create", "update"]
}
path "transit/decrypt/pan-*" {
  capabilities = ["update"]
}
