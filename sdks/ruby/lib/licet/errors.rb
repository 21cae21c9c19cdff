# frozen_string_literal: true

module Licet
  # Every error of this SDK, apart from an ArgumentError for a mistake in the code of the app.
  class Error < StandardError
    # @return [String] stays the same in all versions, unlike the message
    attr_reader :code

    def initialize(message, code:)
      super(message)
      @code = code
    end
  end

  # The server gave no answer that counts: a timeout, a network failure, the status 408, 425, 429 or 5xx,
  # something else than Licet (a captive portal), or a response without the signature that was asked for.
  # It never means that a license is invalid.
  class NoAnswer < Error
    # @return [Symbol] :timeout, :network, :status, :not_licet, :too_large or :signature
    attr_reader :reason
    # @return [Integer, nil]
    attr_reader :status
    # @return [Numeric, nil] how many seconds the server asked to wait
    attr_reader :retry_after

    def initialize(reason, message, status: nil, retry_after: nil)
      super(message, code: "NO_ANSWER")
      @reason = reason
      @status = status
      @retry_after = retry_after
    end
  end

  # A request that the server answered with an error (RFC 9457), and a refused activation or seat.
  class Problem < Error
    # One field of a request that the server rejected. The pointer is a JSON pointer into the body.
    FieldError = Value.define(:pointer, :detail)

    # @return [Integer]
    attr_reader :status
    # @return [Array<FieldError>]
    attr_reader :errors
    # @return [Hash{String => Object}] facts about a refusal, such as {"limit" => 3, "used" => 3}
    attr_reader :details
    # @return [String, nil]
    attr_reader :request_id
    # @return [Numeric, nil] how many seconds the server asked to wait
    attr_reader :retry_after

    # Takes the JSON of a response. A member of a wrong type counts as missing.
    def initialize(status, body, request_id: nil, retry_after: nil)
      text = ->(name) { body[name] if body[name].is_a?(String) }
      super(text["detail"] || "The server answered with status #{status}.",
            code: text["code"] || "HTTP_#{status}")
      @status = status
      @errors = read_errors(body["errors"])
      @details = body["details"].is_a?(Hash) ? body["details"] : {}
      @request_id = text["request_id"] || request_id
      @retry_after = retry_after
    end

    # What is wrong, and what to do.
    alias detail message

    private

    def read_errors(list)
      return [] unless list.is_a?(Array)

      list.filter_map do |error|
        next unless error.is_a?(Hash) && error.values_at("pointer", "detail").all?(String)

        FieldError.new(pointer: error["pointer"], detail: error["detail"])
      end
    end
  end

  # A token, license file or feed that proves nothing. The code says why, such as "FINGERPRINT_MISMATCH".
  class TokenError < Error
    MESSAGES = {
      "MALFORMED" => "The license is incomplete or damaged.",
      "TYPE_UNEXPECTED" => "This is not a license.",
      "KEY_UNKNOWN" => "The license was signed by an unknown key.",
      "SIGNATURE_INVALID" => "The signature of the license is wrong.",
      "KEY_REVOKED" => "The license was signed with a stolen key. Ask for a new one.",
      "NONCE_MISMATCH" => "This is the answer to another request.",
      "REQUEST_MISMATCH" => "This is the answer to another request.",
      "PRODUCT_MISMATCH" => "The license is for another product.",
      "FINGERPRINT_MISMATCH" => "The license is for another device.",
      "DOMAIN_MISMATCH" => "The license is for another domain.",
      "LICENSE_REVOKED" => "The license has been revoked.",
      "LEASE_EXPIRED" => "The license was not confirmed for too long. Connect to the internet.",
      "FILE_EXPIRED" => "The license file has expired. Ask for a new one.",
      "FEED_GAP" => "Import the earlier revocations first."
    }.freeze

    def initialize(code, message = MESSAGES.fetch(code))
      super(message, code: code)
    end
  end

  # A webhook request that Licet did not send, or sent too long ago. Answer it with status 400.
  class WebhookError < Error
  end
end
