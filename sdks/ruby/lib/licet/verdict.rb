# frozen_string_literal: true

module Licet
  # The answer of a server. A refusal is one, too.
  #
  # @!attribute license
  #   @return [License, nil] nil if the verdict is not valid
  # @!attribute warnings
  #   @return [Array<String>] codes such as "EXPIRES_SOON"
  # @!attribute code
  #   @return [String, nil] why the license is refused, such as "LICENSE_EXPIRED"
  # @!attribute message
  #   @return [String, nil] the same for people
  # @!attribute details
  #   @return [Hash{String => Object}] facts behind the code, such as {"limit" => 3, "used" => 3}
  Verdict = Value.define(:license, :warnings, :code, :message, :details, :at, :token, :body) do
    def valid?
      !license.nil?
    end

    # @api private
    def lease
      token if token&.lease?
    end
  end

  # `at` is when the server decided (nil if it did not say), `token` what it has signed, and `body` a valid
  # answer that needs no signature.
  class Verdict
    REFUSED = Claims::SHAPE[{ "valid" => false, "error" => String, "message" => String }]
    private_constant :REFUSED

    class << self
      # Reads the response to a validation (conformance suite, §The judge, 1). With pinned keys, only a
      # signed answer is a verdict, and nothing beside it is read. Raises Problem or NoAnswer.
      # @api private
      def read(response, proof, terms, feed)
        body = response.json
        raise response.error unless [200, 404].include?(response.status)

        return read_plain(response, body) if terms.public_keys.empty?

        read_signed(body["signed"], proof, terms, feed)
      rescue TokenError => e
        problem = response.error
        raise problem.is_a?(Problem) ? problem : NoAnswer.new(:signature, "The response proves nothing: #{e.message}")
      end

      private

      def read_plain(response, body)
        valid = Record.valid_body(body) if response.status == 200
        if valid
          return new(license: License.from_body(valid["license"]), warnings: valid["warnings"], details: {},
                     at: response.date, body: valid)
        end
        raise response.error unless REFUSED === body

        details = body["details"].is_a?(Hash) ? body["details"] : {}
        new(warnings: [], code: body["error"], message: body["message"], details: details, at: response.date)
      end

      def read_signed(signed, proof, terms, feed)
        raise TokenError, "MALFORMED" unless signed.is_a?(String)

        token = Token.parse_either(signed, Token::LEASE, Token::ANSWER, terms.public_keys)
        fault = Verification.proof_fault(token, proof, feed)
        raise TokenError, fault if fault

        claims = token.claims
        unless claims["valid"]
          return new(warnings: [], code: claims["error"], message: claims["message"],
                     details: claims["details"] || {}, at: token.iat, token: token)
        end
        raise TokenError, "PRODUCT_MISMATCH" if terms.product && claims["aud"] != terms.product

        new(license: License.from_claims(claims), warnings: claims["warnings"], details: {}, at: token.iat,
            token: token)
      end
    end
  end
end
