resource "azurerm_key_vault" "store" {
  name                          = "contoso-kv"
  location                      = "westeurope"
  resource_group_name           = "keys"
  sku_name                      = "premium"
  tenant_id                     = var.tenant
  purge_protection_enabled      = true
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
}

resource "azurerm_key_vault_key" "storage" {
  name         = "storage"
  key_vault_id = azurerm_key_vault.store.id
  key_type     = "RSA-HSM"
  key_size     = 2048
  key_opts     = ["wrapKey", "unwrapKey"]

  rotation_policy {
    automatic {
      time_before_expiry = "P30D"
    }
    expire_after = "P365D"
  }
}

resource "azurerm_storage_account_customer_managed_key" "storage" {
  storage_account_id = azurerm_storage_account.cards.id
  key_vault_id       = azurerm_key_vault.store.id
  key_name           = azurerm_key_vault_key.storage.name
}
