resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'pay'
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'vault-keeper')
  properties: {
    roleName: 'Vault keeper'
    type: 'CustomRole'
    permissions: [
      {
        actions: ['Microsoft.KeyVault/vaults/write']
        dataActions: ['Microsoft.KeyVault/vaults/keys/unwrap/action']
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, 'keeper')
  scope: vault
  properties: {
    principalId: '7d9f1b1e-0000-4000-8000-000000000001'
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
