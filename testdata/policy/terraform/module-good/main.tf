# All calls leave the defaults as they are.
module "pan" {
  source     = "./key"
  name       = "pan"
}

module "others" {
  source   = "./key"
  for_each = toset(["audit", "mail"])
  name     = each.key
}
