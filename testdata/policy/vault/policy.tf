resource "vault_policy" "operator" {
  name   = "operator"
  policy = <<-EOT
    path "transit/keys/*" {
      capabilities = ["create", "update", "delete"]
    }
    path "transit/decrypt/*" {
      capabilities = ["update"]
    }
  EOT
}

resource "vault_transit_secret_backend_key" "pan" {
  backend                = "transit"
  name                   = "pan"
  exportable             = true
  allow_plaintext_backup = true
  deletion_allowed       = true
}

resource "vault_audit" "file" {
  type = "file"
  options = {
    file_path = "/var/log/vault.log"
    log_raw   = "true"
  }
}
