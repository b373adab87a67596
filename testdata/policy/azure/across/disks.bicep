resource des 'Microsoft.Compute/diskEncryptionSets@2023-10-02' = {
  name: 'disks'
  location: 'westeurope'
  properties: {
    encryptionType: 'EncryptionAtRestWithCustomerKey'
    activeKey: { keyUrl: 'https://pay.vault.azure.net/keys/disks/fedcba9876543210' }
    rotationToLatestKeyVersionEnabled: true
  }
}
