resource "azurerm_role_definition" "keeper" {
  name  = "Vault keeper"
  scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/pay"

  permissions {
    actions      = ["Microsoft.KeyVault/vaults/read"]
    data_actions = ["Microsoft.KeyVault/vaults/keys/decrypt/action"]
  }
}

resource "azurerm_role_assignment" "keeper" {
  scope              = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/pay/providers/Microsoft.KeyVault/vaults/pay"
  role_definition_id = azurerm_role_definition.keeper.role_definition_resource_id
  principal_id       = "11111111-1111-1111-1111-111111111111"
}
