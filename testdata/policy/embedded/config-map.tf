resource "kubernetes_config_map_v1" "vault" {
  metadata {
    name = "vault-server"
  }
  data = {
    "server.hcl" = <<-EOT
      ui = true
      storage "raft" {
        path = "/vault/data"
      }
      listener "tcp" {
        address       = "[::]:8200"
        tls_cert_file = "/tls/server.crt"
        tls_key_file  = "/tls/server.key"
      }
      seal "pkcs11" {
        lib       = "/opt/hsm/libpkcs11.so"
        slot      = "0"
        pin       = "40817263"
        key_label = "unseal-root"
      }
    EOT
  }
}
