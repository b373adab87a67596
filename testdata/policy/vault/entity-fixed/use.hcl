path "transit/decrypt/pan" {
  capabilities = ["update"]
}
