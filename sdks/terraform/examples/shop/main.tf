terraform {
  required_providers {
    licet = { source = "licet/licet" }
  }
}

variable "name" {
  type    = string
  default = "editor"
}

resource "licet_product" "editor" {
  slug       = var.name
  name       = "The Editor"
  key_prefix = "ED"
}

locals {
  plans = {
    personal = { price = "price_personal", devices = 2, features = { sso = false, projects = 5 } }
    team     = { price = "price_team", devices = 20, features = { sso = true, projects = 100 } }
  }
}

resource "licet_plan" "each" {
  for_each = local.plans

  slug                = "${licet_product.editor.slug}-${each.key}"
  product             = licet_product.editor.slug
  name                = title(each.key)
  duration_days       = 365
  max_devices         = each.value.devices
  features            = each.value.features
  require_fingerprint = true
  offline             = { hard_days = 60 }
}

resource "licet_checkout_rule" "each" {
  for_each = local.plans

  provider_name = "stripe"
  price         = "${each.value.price}_${var.name}"
  plan          = licet_plan.each[each.key].slug
}

resource "licet_webhook_endpoint" "crm" {
  url    = "https://crm.example.com/licet"
  events = ["license.*"]
}

resource "licet_api_key" "support" {
  name   = "support ${var.name}"
  scopes = ["licenses:read", "usage:read"]
}

resource "licet_license" "own" {
  plan           = licet_plan.each["team"].slug
  customer_email = "staff@example.com"
}

data "licet_signing_keys" "pinned" {}

output "public_keys" {
  value = data.licet_signing_keys.pinned.public_keys
}

output "own_key" {
  value     = licet_license.own.key
  sensitive = true
}
