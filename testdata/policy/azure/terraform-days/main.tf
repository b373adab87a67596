resource "azurerm_key_vault" "pay" {
  name                          = "pay"
  location                      = "westeurope"
  resource_group_name           = "pay"
  tenant_id                     = var.tenant
  sku_name                      = "premium"
  purge_protection_enabled      = true
  soft_delete_retention_days    = 7
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
}

resource "azurerm_key_vault_key" "pan" {
  name         = "pan"
  key_vault_id = azurerm_key_vault.pay.id
  key_type     = "EC-HSM"
  curve        = "P-384"
  key_opts     = ["sign", "verify"]

  rotation_policy {
    automatic {
      time_before_expiry = "P30D"
    }
    expire_after         = "P90D"
    notify_before_expiry = "P29D"
  }
}

variable "tenant" {}
