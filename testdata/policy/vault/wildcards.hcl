path "+/decrypt/+" {
  capabilities = ["update"]
}
path "transit/+/pan" {
  capabilities = ["read", "update"]
}
