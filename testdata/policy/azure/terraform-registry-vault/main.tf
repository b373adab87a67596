module "vault" {
  source                        = "Azure/avm-res-keyvault-vault/azurerm"
  version                       = "0.10.0"
  name                          = "contoso-kv"
  location                      = "westeurope"
  resource_group_name           = "keys"
  tenant_id                     = var.tenant
  purge_protection_enabled      = false
  public_network_access_enabled = true
  network_acls                  = { default_action = "Allow", bypass = "AzureServices" }
  keys = {
    storage = {
      name     = "storage"
      key_type = "RSA"
      key_size = 3072
      key_opts = ["wrapKey", "unwrapKey"]
    }
  }
}
