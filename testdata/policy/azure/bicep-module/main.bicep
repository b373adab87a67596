param protect bool = false
module vault './modules/vault.bicep' = {
  name: 'vault'
  params: {
    purge: protect
  }
}
