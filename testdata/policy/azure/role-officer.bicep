resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'pay'
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('a')
  scope: vault
  properties: {
    principalId: '7d9f1b1e-0000-4000-8000-000000000001'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '14b46e9e-c2b7-41b4-b07b-48a6ebf60603')
  }
}
