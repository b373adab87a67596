resource hsm 'Microsoft.KeyVault/managedHSMs@2023-07-01' = {
  name: 'pay'
  location: 'westeurope'
  sku: { family: 'B', name: 'Standard_B1' }
  properties: {
    tenantId: tenant().tenantId
    initialAdminObjectIds: [ '7d9f1b1e-0000-4000-8000-000000000001' ]
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: 'Disabled'
  }
}

resource pan 'Microsoft.KeyVault/managedHSMs/keys@2023-07-01' = {
  parent: hsm
  name: 'pan'
  properties: {
    kty: 'oct-HSM'
    keySize: 256
    keyOps: [ 'wrapKey', 'unwrapKey' ]
    rotationPolicy: {
      lifetimeActions: [ { trigger: { timeAfterCreate: 'P90D' }, action: { type: 'rotate' } } ]
      attributes: { expiryTime: 'P1Y' }
    }
  }
}

resource disks 'Microsoft.Compute/diskEncryptionSets@2023-10-02' = {
  name: 'disks'
  location: 'westeurope'
  properties: {
    rotationToLatestKeyVersionEnabled: true
    activeKey: { keyUrl: pan.properties.keyUriWithVersion }
  }
}
