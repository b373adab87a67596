locals {
  keys = {
    pan  = { export = false, days = 90 }
    mail = { export = false, days = 90 }
  }
}

resource "vault_transit_secret_backend_key" "this" {
  for_each           = local.keys
  backend            = "transit"
  name               = each.key
  exportable         = each.value.export
  auto_rotate_period = each.value.days * 86400
}
