data "azurerm_role_definition" "crypto" {
  role_definition_id = "12345678-0e69-4776-bea7-57ae8d297424"
}

resource "azurerm_role_assignment" "app" {
  scope              = azurerm_key_vault.store.id
  role_definition_id = data.azurerm_role_definition.crypto.id
  principal_id       = azurerm_user_assigned_identity.app.principal_id
}
