param location string
param keyType string

resource hsm 'Microsoft.KeyVault/managedHSMs@2023-07-01' = {
  name: 'payhsm'
  location: location
  sku: { family: 'B', name: 'Standard_B1' }
  properties: {
    tenantId: tenant().tenantId
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: 'Disabled'
    initialAdminObjectIds: []
  }

  resource key 'keys' = {
    name: 'disks'
    properties: {
      kty: keyType
      keySize: keyType == 'RSA-HSM' ? 3072 : 256
      rotationPolicy: {
        attributes: { expiryTime: 'P1Y' }
        lifetimeActions: [
          { action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P180D' } }
        ]
      }
    }
  }
}

output keyUrl string = hsm::key.properties.keyUriWithVersion
