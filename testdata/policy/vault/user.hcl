path "transit/encrypt/pan" {
  capabilities = ["update"]
}
path "transit/decrypt/pan" {
  capabilities = ["update"]
}
path "transit/keys/pan" {
  capabilities = ["read"]
}
