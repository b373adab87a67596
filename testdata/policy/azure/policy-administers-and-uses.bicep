resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'pay'
  location: 'westeurope'
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enableRbacAuthorization: false
    enabledForTemplateDeployment: false
    networkAcls: { defaultAction: 'Deny', bypass: 'None' }
    accessPolicies: [
      {
        tenantId: tenant().tenantId
        objectId: '7d9f1b1e-0000-4000-8000-000000000001'
        permissions: { keys: [ 'get', 'create', 'update', 'wrapKey', 'unwrapKey' ] }
      }
    ]
  }
}
