storage "raft" {
  path = "/opt/vault/data"
}
listener "tcp" {
  address     = "0.0.0.0:8200"
  tls_disable = 1
}
seal "pkcs11" {
  lib       = "/usr/lib/softhsm/libsofthsm2.so"
  slot      = "0"
  pin       = "4321"
  key_label = "bao-root-key-rsa"
  mechanism = "0x0001"
}
raw_storage_endpoint = true
