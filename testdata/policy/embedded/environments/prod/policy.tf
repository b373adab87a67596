resource "vault_policy" "tokenizer" {
  name   = "tokenizer"
  policy = <<-EOT
    path "transit/encrypt/cards" {
      capabilities = ["update"]
    }
  EOT
}
