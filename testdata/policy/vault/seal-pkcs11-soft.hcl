storage "raft" {
  path = "/opt/vault/data"
}
seal "pkcs11" {
  lib            = "/usr/lib/softhsm/libsofthsm2.so"
  slot           = "0"
  pin            = "env://VAULT_HSM_PIN"
  key_label      = "vault-hsm-key"
  mechanism      = "CKM_RSA_PKCS_OAEP"
  rsa_oaep_hash  = "sha1"
}
