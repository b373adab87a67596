resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'pay'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enableRbacAuthorization: true
    enabledForTemplateDeployment: false
    networkAcls: { defaultAction: 'Allow', bypass: 'None' }
  }
}
