# frozen_string_literal: true

require_relative "lib/licet/version"

Gem::Specification.new do |spec|
  spec.name = "licet"
  spec.version = Licet::VERSION
  spec.author = "The Licet authors"
  spec.summary = "Checks licenses with a Licet server, online and offline."
  spec.description = "Licenses for apps: checks that survive outages, signed leases and license files, devices, " \
                     "domains and floating seats, webhooks, and the management API. Needs no other gems."
  spec.license = "MIT"
  spec.homepage = "https://licet.example"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir["lib/**/*.rb", "sig/*.rbs", "examples/*", "README.md", "CHANGELOG.md", "LICENSE", base: __dir__]
  spec.metadata = { "rubygems_mfa_required" => "true" }
end
