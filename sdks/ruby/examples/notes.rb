#!/usr/bin/env ruby
# frozen_string_literal: true

# An app for the terminal that checks its license.
require "licet"

USAGE = <<~TEXT
  notes show               works with any license
  notes export             needs the feature "export"
  notes license            shows the license
  notes license request    shows the code with which a device without a connection asks for a file
  notes license import     imports a license file from the standard input
  notes license return     deletes the license file, and shows the code that frees its slot
TEXT

LICENSE = Licet::Client.new(
  url: ENV.fetch("LICET_URL"), # In a real app, this and the public keys are constants.
  app_id: "com.example.notes",
  key: ENV.fetch("LICENSE_KEY", nil),
  public_keys: ENV.fetch("LICET_PUBLIC_KEYS").split(",")
)

# Runs a command if the license allows it, and while it is unknown: the app works for people on their first
# flight, too.
def with_license(features: [])
  case LICENSE.check(features: features)
  in { status: :refused, code:, message: } then abort "#{message} (#{code})"
  in { status: :unknown, message: } then warn "The license could not be checked: #{message}"
  in { status: :grace, valid_until: } then warn "Please connect to the internet before #{valid_until}."
  in { status: :licensed } then nil
  end
  yield
end

def describe(state)
  puts [state.status, state.source, state.message].compact.join(" ")
end

begin
  case ARGV
  in ["show"] then with_license { puts "Buy milk." }
  in ["export"] then with_license(features: ["export"]) { puts "Exported." }
  in ["license"] then describe(LICENSE.check)
  in ["license", "request"] then puts LICENSE.create_offline_request.code
  in ["license", "import"] then describe(LICENSE.import_file($stdin.read))
  in ["license", "return"] then puts LICENSE.return_file
  else puts USAGE
  end
rescue Licet::Error => e
  abort "#{e.message} (#{e.code})"
end
# A refresh in the background would end with the process.
LICENSE.wait(5)
