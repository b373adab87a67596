param location string
param keyUrl string

resource set 'Microsoft.Compute/diskEncryptionSets@2023-10-02' = {
  name: 'pay'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    encryptionType: 'EncryptionAtRestWithCustomerKey'
    rotationToLatestKeyVersionEnabled: true
    activeKey: { keyUrl: keyUrl }
  }
}
