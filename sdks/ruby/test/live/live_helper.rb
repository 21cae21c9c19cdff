# frozen_string_literal: true

require_relative "../test_helper"

# A running server, whose address and API key are in the environment.
module Live
  NOWHERE = "http://127.0.0.1:9"
  URL = ENV.fetch("LICET_URL")
  ADMIN = Licet::Admin.new(URL, ENV.fetch("LICET_TOKEN"))
  PRODUCT = "rubylive"
  PLAN = "rubylive-pro"

  ADMIN.products.create(slug: PRODUCT, name: "Editor", key_prefix: "RUBY")
  ADMIN.plans.create(slug: PLAN, product: PRODUCT, name: "Pro", features: { sso: true }, max_domains: 3,
                     max_devices: 2, max_seats: 1, borrow_days_max: 5,
                     offline: { refresh_days: 1, valid_days: 7, hard_days: 30, file_days: 365 })
  # An app has them in its code and never fetches them.
  PUBLIC_KEYS = ADMIN.request("GET", "/.well-known/licet/jwks.json")[:keys].map { |key| key[:x] }

  def admin
    ADMIN
  end

  def issue
    admin.licenses.create(plan: PLAN, customer_email: "dev@example.com")
  end

  # Returns a client on a device of its own, which remembers nothing.
  def start_device(key, **options)
    Licet::Client.new(url: URL, app_id: "live-client", key: key, public_keys: PUBLIC_KEYS, timeout: 2,
                      store: Licet::MemoryStore.new, fingerprint: SecureRandom.hex, **options)
  end

  def assert_state(status, source, code, state)
    assert_equal [status, source, code], [state.status, state.source, state.code]
  end

  def assert_refused(code, &block)
    assert_equal code, assert_raises(Licet::Problem, &block).code
  end
end
