param protect bool = true
module vault './modules/vault.bicep' = {
  name: 'vault'
  params: {
    purge: protect
  }
}
