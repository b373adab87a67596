storage "raft" {
  path = "/opt/vault/data"
}
seal "transit" {
  address            = "https://vault:8200"
  disable_renewal    = "false"
  key_name           = "transit_key_name"
  mount_path         = "transit/"
  namespace          = "ns1/"
}
