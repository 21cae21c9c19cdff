# frozen_string_literal: true

require "openssl"

module Licet
  # Requests that deliver events (Standard Webhooks 1.0).
  module Webhooks
    TOLERANCE = 300
    SECRET_PREFIX = "whsec_"
    private_constant :TOLERANCE, :SECRET_PREFIX

    class << self
      # Returns the event in a webhook request. Raises WebhookError unless one of its signatures was made with
      # one of the secrets (several during a rotation) within the last five minutes.
      #
      # @param body [String] the body of the request exactly as it arrived
      # @param headers [Hash, #[]] the headers in any case, those of Rails, or the environment of Rack
      # @param secret [String, Array<String>] such as "whsec_…"
      # @return [Hash{String => Object}] with "id", "type", "timestamp" and "data"
      def verify(body, headers, secret, now: Time.now)
        raise ArgumentError, "Pass the secret of the webhook." if secret.nil?

        id, timestamp, signatures = read_headers(headers)
        check_age(now.to_i - timestamp.to_i)
        expected = Array(secret).map { |each| sign(each, "#{id}.#{timestamp}.".b + body.b) }
        unless signatures.split.any? { |each| expected.any? { |own| OpenSSL.secure_compare(each, own) } }
          raise WebhookError.new("No signature matches.", code: "SIGNATURE_INVALID")
        end

        JSONReader.parse_object(body) ||
          raise(WebhookError.new("The body is not a JSON object.", code: "BODY_INVALID"))
      end

      private

      def read_headers(headers)
        all = headers.to_h.transform_keys { |name| name.to_s.downcase.tr("_", "-").delete_prefix("http-") }
        found = %w[id timestamp signature].map { |name| Array(all["webhook-#{name}"]).first.to_s }
        return found if found.none?(&:empty?) && found[1].match?(/\A[0-9]{1,15}\z/)

        raise WebhookError.new("The request has no webhook headers.", code: "HEADER_MISSING")
      end

      def check_age(age)
        raise WebhookError.new("The request is too old.", code: "TIMESTAMP_TOO_OLD") if age > TOLERANCE
        return if age >= -TOLERANCE

        raise WebhookError.new("The request is from the future. Check the clock.", code: "TIMESTAMP_TOO_NEW")
      end

      def sign(secret, message)
        key = secret.strip.delete_prefix(SECRET_PREFIX).unpack1("m")
        raise ArgumentError, "A webhook secret is empty." if key.empty?

        "v1,#{[OpenSSL::HMAC.digest("SHA256", key, message)].pack("m0")}"
      end
    end
  end
end
