resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'pay'
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: vault
  properties: {
    workspaceId: '/subscriptions/0/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w'
    logs: [ { category: 'AuditEvent', enabled: false } ]
  }
}
