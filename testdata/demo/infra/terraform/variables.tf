variable "cidr" {
  type    = string
  default = "10.40.0.0/16"
}

variable "signing_key" {
  type        = string
  sensitive   = true
  description = "PEM of the payout key; starts with -----BEGIN PRIVATE KEY-----"
}
