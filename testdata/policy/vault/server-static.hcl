storage "raft" {
  path = "/openbao/data"
}
listener "tcp" {
  address       = "127.0.0.1:8200"
  tls_cert_file = "/etc/openbao/tls.crt"
  tls_key_file  = "/etc/openbao/tls.key"
}
seal "static" {
  current_key_id = "20250606-1"
  current_key    = "file:///openbao/secrets/unseal-20250606-1.key"
}
