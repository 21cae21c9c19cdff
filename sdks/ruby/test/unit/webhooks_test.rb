# frozen_string_literal: true

require_relative "../test_helper"

class UnitWebhooksTest < Minitest::Test
  BODY = '{"id":"evt_1","type":"license.created"}'
  SECRET = "whsec_#{["a secret for tests only"].pack("m0")}".freeze
  NOW = Time.at(1_800_000_000)

  def headers(id = "evt_1")
    mac = OpenSSL::HMAC.digest("SHA256", "a secret for tests only", "#{id}.#{NOW.to_i}.#{BODY}")
    { "webhook-id" => id, "webhook-timestamp" => NOW.to_i.to_s, "webhook-signature" => "v1,#{[mac].pack("m0")}" }
  end

  def test_the_environment_of_rack_has_the_headers_too
    env = headers.transform_keys { |name| "HTTP_#{name.upcase.tr("-", "_")}" }
    event = Licet::Webhooks.verify(BODY.b, { "REQUEST_METHOD" => "POST", **env }, [SECRET], now: NOW)
    assert_equal "license.created", event["type"]
  end

  def test_an_error_says_what_is_wrong
    verify = ->(headers, now = NOW) { Licet::Webhooks.verify(BODY, headers, SECRET, now: now) }
    { "HEADER_MISSING" => [{}], "TIMESTAMP_TOO_OLD" => [headers, NOW + 301],
      "TIMESTAMP_TOO_NEW" => [headers, NOW - 301],
      "SIGNATURE_INVALID" => [headers.merge("webhook-id" => "evt_2")] }.each do |code, arguments|
      assert_equal code, assert_raises(Licet::WebhookError) { verify.call(*arguments) }.code
    end
  end

  def test_an_empty_secret_is_a_mistake_of_the_app
    ["whsec_", nil].each do |secret|
      assert_raises(ArgumentError) { Licet::Webhooks.verify(BODY, headers, secret, now: NOW) }
    end
  end
end
