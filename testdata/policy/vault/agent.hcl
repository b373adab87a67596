vault {
  address = "http://vault:8200"
  tls_skip_verify = true
}
auto_auth {
  method "kubernetes" {
    config = {
      role = "x"
    }
  }
  sink "file" {
    config = {
      path = "/tmp/token"
      mode = 0644
    }
  }
}
listener "tcp" {
  address = "0.0.0.0:8100"
  tls_disable = true
}
