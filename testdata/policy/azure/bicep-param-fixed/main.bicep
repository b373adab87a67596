param purge bool
param days int = 90
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'pay'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enablePurgeProtection: purge
    softDeleteRetentionInDays: days
    enableRbacAuthorization: true
    enabledForTemplateDeployment: false
    networkAcls: { defaultAction: 'Deny', bypass: 'None' }
  }
}
