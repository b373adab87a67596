targetScope = 'subscription'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('a')
  properties: {
    principalId: '7d9f1b1e-0000-4000-8000-000000000001'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '12338af0-0e69-4776-bea7-57ae8d297424')
  }
}

// Reaches every Microsoft.KeyVault/vaults of the subscription.
