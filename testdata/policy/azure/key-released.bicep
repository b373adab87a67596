resource pan 'Microsoft.KeyVault/managedHSMs/keys@2023-07-01' = {
  name: 'pay/pan'
  properties: {
    kty: 'oct-HSM'
    keySize: 256
    keyOps: [ 'wrapKey', 'unwrapKey' ]
    attributes: { exportable: true, exp: 1830297600 }
    release_policy: {
      contentType: 'application/json; charset=utf-8'
      data: base64(string({
        version: '1.0.0'
        anyOf: [ { authority: 'https://sharedeus.eus.attest.azure.net/', allOf: [ { claim: 'x-ms-isolation-tee.x-ms-compliance-status', equals: 'azure-compliant-cvm' } ] } ]
      }))
    }
  }
}
