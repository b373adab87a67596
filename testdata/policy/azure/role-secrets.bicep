resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'pay'
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('a')
  scope: vault
  properties: {
    principalId: '7d9f1b1e-0000-4000-8000-000000000001'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
  }
}
