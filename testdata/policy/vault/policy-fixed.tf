resource "vault_policy" "user" {
  name   = "user"
  policy = <<-EOT
    path "transit/decrypt/pan" {
      capabilities = ["update"]
    }
  EOT
}

resource "vault_transit_secret_backend_key" "pan" {
  backend            = "transit"
  name               = "pan"
  auto_rotate_period = 2592000
}

resource "vault_audit" "file" {
  type = "file"
  options = {
    file_path = "/var/log/vault.log"
  }
}
