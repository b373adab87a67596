vault {
  address = "https://vault:8200"
  ca_cert = "/etc/vault/ca.pem"
}
auto_auth {
  method "kubernetes" {
    config = {
      role = "x"
    }
  }
}
listener "tcp" {
  address = "127.0.0.1:8100"
  tls_disable = true
}
