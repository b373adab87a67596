module "key" {
  source = "./key"
  who    = ["*"]
}
