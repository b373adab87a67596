path "transit/keys/*" {
  capabilities = ["create", "update"]
  allowed_parameters = {
    "type" = ["aes256-gcm96"]
    "exportable" = ["false"]
    "allow_plaintext_backup" = ["false"]
  }
}
