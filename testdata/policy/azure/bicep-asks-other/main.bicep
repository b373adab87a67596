param env string
var isProduction = env == 'prod'

resource store 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-${env}'
  location: 'westeurope'
  properties: {
    sku: { family: 'A', name: 'premium' }
    tenantId: tenant().tenantId
    enablePurgeProtection: isProduction ? true : null
    enableRbacAuthorization: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: 'Disabled'
  }
}
