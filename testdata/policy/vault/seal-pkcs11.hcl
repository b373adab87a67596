storage "raft" {
  path = "/opt/vault/data"
}
seal "pkcs11" {
  lib            = "/usr/vault/lib/libCryptoki2_64.so"
  slot           = "0"
  pin            = "env://VAULT_HSM_PIN"
  key_label      = "vault-hsm-key"
  mechanism      = "0x1085"
}
