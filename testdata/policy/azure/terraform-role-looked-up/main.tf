data "azurerm_role_definition" "crypto" {
  role_definition_id = "12338af0-0e69-4776-bea7-57ae8d297424"
}

resource "azurerm_role_assignment" "app" {
  scope              = "/subscriptions/00000000-0000-0000-0000-000000000000"
  role_definition_id = data.azurerm_role_definition.crypto.id
  principal_id       = azurerm_user_assigned_identity.app.principal_id
}
