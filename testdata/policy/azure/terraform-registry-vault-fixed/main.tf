module "vault" {
  source                        = "Azure/avm-res-keyvault-vault/azurerm"
  version                       = "0.10.0"
  name                          = "contoso-kv"
  location                      = "westeurope"
  resource_group_name           = "keys"
  tenant_id                     = var.tenant
  public_network_access_enabled = true
  keys = {
    storage = {
      name     = "storage"
      key_type = "RSA-HSM"
      key_size = 3072
      key_opts = ["wrapKey", "unwrapKey"]
      rotation_policy = {
        automatic    = { time_before_expiry = "P30D" }
        expire_after = "P365D"
      }
    }
  }
}
