resource "vault_policy" "admin" {
  name = "admin"
  policy = <<EOT
path "transit/keys/pan" {
  capabilities = ["create", "update"]
}
path "transit/keys/pan/config" {
  capabilities = ["update"]
}
EOT
}
resource "vault_policy" "use" {
  name = "use"
  policy = <<EOT
path "transit/decrypt/pan" {
  capabilities = ["update"]
}
EOT
}
resource "vault_kubernetes_auth_backend_role" "both" {
  role_name = "both"
  bound_service_account_names = ["app"]
  bound_service_account_namespaces = ["a"]
  token_policies = [vault_policy.admin.name, vault_policy.use.name]
}
resource "vault_identity_entity" "e" {
  name = "bob"
  policies = ["admin", "use"]
}
