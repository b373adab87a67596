# The module is safe by its defaults; this call of it is not.
module "pan" {
  source     = "./key"
  name       = "pan"
  exportable = true
}

module "others" {
  source   = "./key"
  for_each = toset(["audit", "mail"])
  name     = each.key
}
