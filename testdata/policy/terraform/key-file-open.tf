resource "tls_private_key" "gateway" {
  algorithm = "ED25519"
}

resource "local_file" "key" {
  filename = "${path.module}/gateway.pem"
  content  = tls_private_key.gateway.private_key_pem
}

resource "local_file" "public" {
  filename = "${path.module}/gateway.pub"
  content  = tls_private_key.gateway.public_key_openssh
}
