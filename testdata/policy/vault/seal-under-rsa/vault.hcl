storage "raft" {
  path = "/opt/vault/data"
}
seal "azurekeyvault" {
  tenant_id  = "46646709-b63e-4747-be42-516edeaf1e14"
  vault_name = "hc-vault"
  key_name   = "vault-key"
}
