terraform {
  required_version = ">= 1.9"
  required_providers {
    tls = { source = "hashicorp/tls", version = "~> 4.0" }
  }
}

resource "tls_private_key" "bastion" {
  algorithm = "ED25519"
}

module "network" {
  source = "./network"
  cidr   = var.cidr
}

output "bastion_public_key" {
  value = tls_private_key.bastion.public_key_openssh
}
