path "transit/keys/*" {
  policy = "write"
}
path "transit/decrypt/*" {
  policy = "write"
}
