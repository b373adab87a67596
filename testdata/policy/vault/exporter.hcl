path "transit/export/+/payments" {
  capabilities = ["read"]
}
