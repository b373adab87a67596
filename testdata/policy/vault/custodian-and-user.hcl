# Whoever has this policy both manages the keys and decrypts with them.
path "transit/keys/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "transit/decrypt/*" {
  capabilities = ["update"]
}
