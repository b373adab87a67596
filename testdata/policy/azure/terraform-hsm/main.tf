resource "azurerm_key_vault_managed_hardware_security_module" "pay" {
  name                                      = "pay"
  location                                  = "westeurope"
  resource_group_name                       = "pay"
  sku_name                                  = "Standard_B1"
  tenant_id                                 = var.tenant
  admin_object_ids                          = ["7d9f1b1e-0000-4000-8000-000000000001"]
  purge_protection_enabled                  = true
  soft_delete_retention_days                = 90
  public_network_access_enabled             = false
  security_domain_key_vault_certificate_ids = [var.first, var.second, var.third]
  security_domain_quorum                    = 2
}

variable "tenant" {}
variable "first" {}
variable "second" {}
variable "third" {}
