storage "raft" {
  path = "/opt/openbao/data"
}
seal "static" {
  current_key_id = "20250606-1"
  current_key = "V9wqX0ZxV9wqX0ZxV9wqX0ZxV9wqX0ZxV9wqX0ZxV9w="
  previous_key_id = "20240606-1"
  previous_key = "file:///openbao/secrets/old.key"
}
