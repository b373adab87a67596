# Certificates, SSH, databases and secrets: none of it is a key of the transit engine.
path "pki/sign/web" {
  capabilities = ["update"]
}
path "ssh/sign/*" {
  capabilities = ["update"]
}
path "database/config/*" {
  capabilities = ["create", "read", "update"]
}
path "kv-v2/data/keys/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "sys/rotate" {
  capabilities = ["update"]
}
