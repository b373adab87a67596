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

resource "azurerm_key_vault_managed_hardware_security_module_role_assignment" "use" {
  managed_hsm_id     = azurerm_key_vault_managed_hardware_security_module.pay.id
  name               = "a9dbe818-56e7-5878-c0ce-a1477692c1d6"
  scope              = "/keys"
  role_definition_id = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b"
  principal_id       = "7d9f1b1e-0000-4000-8000-000000000001"
}
