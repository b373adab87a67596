path "transit/keys/pan" {
  capabilities = ["create", "update"]
}
