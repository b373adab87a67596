resource "vault_policy" "tokenizer" {
  name   = "tokenizer"
  policy = <<-EOT
    path "transit/keys/cards/config" {
      capabilities = ["update"]
    }
  EOT
}
