storage "raft" {
  path = "/opt/openbao/data"
}
seal "static" {
  current_key_id = "20250606-1"
  current_key = "env://BAO_KEY"
}
