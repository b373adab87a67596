resource "azurerm_role_definition" "keys" {
  name  = "Pay key operator"
  scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/pay"

  permissions {
    actions = ["Microsoft.KeyVault/vaults/read"]
    data_actions = [
      "Microsoft.KeyVault/vaults/keys/update/action",
      "Microsoft.KeyVault/vaults/keys/import/action",
      "Microsoft.KeyVault/vaults/keys/decrypt/action",
    ]
  }
}

resource "azurerm_role_assignment" "operator" {
  scope              = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/pay/providers/Microsoft.KeyVault/vaults/pay"
  role_definition_id = azurerm_role_definition.keys.role_definition_resource_id
  principal_id       = "11111111-1111-1111-1111-111111111111"
}
