# frozen_string_literal: true

require_relative "live_helper"

class LiveClientTest < Minitest::Test
  include Live

  def test_a_license_is_confirmed_by_the_server_and_valid_while_it_is_away
    domain = { domain: "https://shop.example.com/cart" }
    here = { store: Licet::MemoryStore.new, fingerprint: nil }
    key = issue[:key]
    state = start_device(key, **here).check(**domain)
    assert_state :licensed, :server, nil, state
    assert_equal [Live::PLAN, { "sso" => true }], [state.license.plan, state.license.features]
    assert_operator state.valid_until, :>, state.refresh_after
    client = start_device(key, url: NOWHERE, **here)
    assert_state :licensed, :lease, nil, client.check(features: ["sso"], **domain)
    assert_state :licensed, :lease, nil, client.check(fresh: true, **domain)
    assert_state :refused, :lease, "FEATURE_NOT_INCLUDED", client.check(features: ["audit"], **domain)
    assert_state :unknown, :none, "NO_ANSWER", client.check(domain: "shop.example.com.attacker.example")
  end

  def test_a_refusal_is_stored_and_outlives_the_next_outage
    here = { store: Licet::MemoryStore.new, fingerprint: "one device" }
    license = issue
    admin.licenses.suspend(license[:id], reason: "payment failed")
    assert_state :refused, :server, "LICENSE_SUSPENDED", start_device(license[:key], **here).check
    later = start_device(license[:key], url: NOWHERE, **here).check
    assert_state :refused, :cache, "LICENSE_SUSPENDED", later
  end

  def test_a_server_with_another_signing_key_is_no_answer
    client = start_device(issue[:key], public_keys: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])
    assert_state :unknown, :none, "NO_ANSWER", client.check
    assert_equal :signature, assert_raises(Licet::NoAnswer) { client.validate }.reason
  end

  def test_a_license_without_pinned_keys_is_confirmed_and_cached_too
    here = { store: Licet::MemoryStore.new, fingerprint: "one device", public_keys: [] }
    key = issue[:key]
    assert_state :licensed, :server, nil, start_device(key, **here).check
    assert_state :licensed, :cache, nil, start_device(key, url: NOWHERE, **here).check
  end

  def test_devices_are_activated_up_to_the_limit_and_deactivated
    first, second, third = Array.new(3, issue[:key]).map { |key| start_device(key) }
    activation = first.activate(name: "A laptop")
    assert_equal [:device, "A laptop"], [activation.kind, activation.name]
    assert_equal activation.id, first.activate.id
    second.activate
    assert_refused("DEVICE_LIMIT_REACHED") { third.activate }
    first.deactivate
    third.activate
  end

  def test_a_validation_asks_the_server_each_time_and_returns_a_refusal
    license = issue
    client = start_device(license[:key])
    assert_predicate client.validate, :valid?
    admin.licenses.suspend(license[:id])
    verdict = client.validate
    assert_equal [false, "LICENSE_SUSPENDED"], [verdict.valid?, verdict.code]
    refute_predicate client.check, :allowed?
    admin.licenses.reinstate(license[:id])
    assert_state :licensed, :server, nil, client.check(fresh: true)
  end

  def test_a_floating_seat_is_used_by_one_device_at_a_time
    key = issue[:key]
    one = start_device(key)
    other = start_device(key)
    one.seats.hold { assert_refused("SEAT_LIMIT_REACHED") { other.seats.acquire } }
    seat = other.seats.acquire
    renewed = other.seats.renew(seat.id)
    assert_equal seat.id, renewed.id
    assert_operator renewed.expires_at, :>, Time.now
    other.seats.release(seat.id)
  end

  def test_a_borrowed_seat_works_without_a_connection
    client = start_device(issue[:key])
    client.seats.acquire(borrow_days: 1)
    assert_predicate client.check, :licensed?
  end

  def test_a_license_file_works_without_any_server_until_it_is_returned
    key = issue[:key]
    client = start_device(key, url: NOWHERE)
    request = client.create_offline_request(name: "A press")
    file = admin.request("POST", "/api/v1/offline/activate", { request: request.code })[:file]
    assert_state :licensed, :file, nil, client.import_file(file)
    assert_state :licensed, :file, nil, client.check
    elsewhere = Licet.verify(file, PUBLIC_KEYS, fingerprint: "another device")
    assert_state :unknown, :file, "FINGERPRINT_MISMATCH", elsewhere
    error = assert_raises(Licet::TokenError) { start_device(key).import_file(file) }
    assert_equal "FINGERPRINT_MISMATCH", error.code
    admin.request("POST", "/api/v1/offline/deactivate", { key: key, code: client.return_file })
    assert_state :refused, :cache, "FILE_RETURNED", client.check
    assert_raises(Licet::TokenError) { client.return_file }
  end

  def test_a_revocation_reaches_a_device_without_a_connection_by_a_feed
    license = issue
    client = start_device(license[:key], url: NOWHERE, fingerprint: "a lab")
    client.import_file(admin.licenses.create_file(license[:id], fingerprint: "a lab")[:file])
    admin.licenses.revoke(license[:id], reason: "chargeback")
    feed = admin.request("GET", "/api/v1/revocations", nil, query: { format: "file" })
    assert_state :refused, :file, "LICENSE_REVOKED", client.import_revocations(feed)
  end
end
