resource "azurerm_key_vault" "pay" {
  name                          = "pay"
  location                      = "westeurope"
  resource_group_name           = "pay"
  tenant_id                     = var.tenant
  sku_name                      = "premium"
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
}

resource "azurerm_key_vault_key" "pan" {
  name         = "pan"
  key_vault_id = azurerm_key_vault.pay.id
  key_type     = "RSA-HSM"
  key_size     = 2048
  key_opts     = ["wrapKey", "unwrapKey"]

  rotation_policy {
    automatic {
      time_before_expiry = "P30D"
    }
    expire_after         = "P90D"
    notify_before_expiry = "P29D"
  }
}

variable "tenant" {}

resource "azurerm_disk_encryption_set" "cards" {
  name                      = "cards"
  location                  = "westeurope"
  resource_group_name       = "pay"
  key_vault_key_id          = azurerm_key_vault_key.pan.versionless_id
  auto_key_rotation_enabled = true
}

resource "azurerm_storage_account_customer_managed_key" "cards" {
  storage_account_id = var.account
  key_vault_id       = azurerm_key_vault.pay.id
  key_name           = azurerm_key_vault_key.pan.name
}

variable "account" {}
