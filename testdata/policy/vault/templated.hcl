path "transit/encrypt/{{identity.entity.name}}" {
  capabilities = ["update"]
}
path "transit/decrypt/{{identity.entity.name}}" {
  capabilities = ["update"]
}
path "transit/keys/{{identity.entity.name}}/rotate" {
  capabilities = ["update"]
}
