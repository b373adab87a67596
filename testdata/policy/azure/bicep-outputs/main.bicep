param location string = resourceGroup().location

module disks './modules/disks.bicep' = {
  name: 'disks'
  params: {
    location: location
    keyUrl: store.outputs.keyUrl
  }
}

module store './modules/store.bicep' = {
  name: 'store'
  params: {
    location: location
    keyType: 'RSA-HSM'
  }
}
