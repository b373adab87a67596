path "transit/keys/pan/rotate" {
  capabilities = ["update"]
}

path "transit/restore/pan" {
  capabilities = ["update"]
}
