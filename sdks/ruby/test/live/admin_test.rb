# frozen_string_literal: true

require_relative "live_helper"

class LiveAdminTest < Minitest::Test
  include Live

  def test_a_license_lives_from_its_first_key_to_its_end
    license = issue
    id = license[:id]
    found = admin.licenses.lookup(license[:key].downcase)
    assert_equal id, found[:id]
    updated = admin.licenses.update(id, { expires_at: "2099-01-01T00:00:00Z", max_devices: nil },
                                    if_match: found[:version])
    assert_nil updated[:max_devices]
    stale = assert_raises(Licet::Problem) { admin.licenses.update(id, { metadata: {} }, if_match: found[:version]) }
    assert_equal 412, stale.status
    renewed = admin.licenses.renew(id, days: 10)
    assert_equal Time.utc(2099, 1, 11), Time.iso8601(renewed[:expires_at])
    refute_equal license[:key], admin.licenses.rotate_key(id)[:key]
    admin.licenses.revoke(id)
    types = admin.licenses.events(id, limit: 2).map { |event| event[:type] }
    assert_equal %w[license.revoked license.created], types.values_at(0, -1)
  end

  def test_the_same_idempotency_key_issues_one_license
    body = { plan: PLAN, customer_email: "dev@example.com" }
    ids = Array.new(2) { admin.licenses.create(body, idempotency_key: "order-1001-ruby")[:id] }
    assert_equal 1, ids.uniq.size
    problem = assert_raises(Licet::Problem) { admin.licenses.create(plan: "none", customer_email: "dev@example.com") }
    assert_equal "/plan", problem.errors.first.pointer
    refute_nil problem.request_id
  end

  def test_lists_usage_and_activations_are_read_over_all_pages
    license = issue
    issue
    start_device(license[:key]).validate
    ids = admin.licenses.list(product: PRODUCT, limit: 1).map { |each| each[:id] }
    assert_includes ids, license[:id]
    assert_operator ids.size, :>=, 2
    assert(admin.licenses.usage(license[:id]).all? { |use| use[:valid] })
    admin.licenses.activations(license[:id]).each do |activation|
      admin.licenses.delete_activation(license[:id], activation[:id])
    end
    assert_empty admin.licenses.activations(license[:id]).to_a
  end

  def test_webhooks_plans_and_events_are_managed
    created = admin.webhooks.create(url: "https://hooks.example.com", events: ["*"])
    refute_equal created[:secret], admin.webhooks.rotate_secret(created[:id])[:secret]
    refute admin.webhooks.update(created[:id], enabled: false)[:enabled]
    assert_nil admin.webhooks.delete(created[:id])
    assert_refused("not_found") { admin.webhooks.get(created[:id]) }
    assert_equal "Professional", admin.plans.update(PLAN, name: "Professional")[:name]
    event = admin.events.list(limit: 1).first
    assert_equal event[:type], admin.events.get(event[:id])[:type]
  end
end
