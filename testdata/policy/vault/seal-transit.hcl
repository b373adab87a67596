storage "raft" {
  path = "/opt/vault/data"
}
seal "transit" {
  address            = "http://vault:8200"
  token              = "s.Qf1s5zigZ4OX6akYjQXJC1jY"
  disable_renewal    = "false"
  key_name           = "transit_key_name"
  mount_path         = "transit/"
  namespace          = "ns1/"
  tls_skip_verify    = "true"
}
