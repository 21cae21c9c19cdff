# frozen_string_literal: true

module Licet
  # Steps 9–16 of the conformance suite, §Verification. Faults are codes of TokenError, or nil.
  # @api private
  module Verification
    # A clock may be this far behind the floor, or behind the time at which a token was issued.
    CLOCK_LEEWAY = 300

    # The request that an answer must belong to.
    Proof = Value.define(:nonce, :body, :route)
    NO_PROOF = Proof.new

    module_function

    # Opens a token and checks it in full. Raises TokenError.
    def verify(text, type, terms, now, feed: nil, proof: NO_PROOF)
      token = Token.parse(text, type, terms.public_keys)
      time = now < token.iat - CLOCK_LEEWAY ? token.iat : now
      fault = proof_fault(token, proof, feed)
      fault ||= license_fault(token, terms, feed, time) if token.license?
      raise TokenError, fault if fault

      token
    end

    # Steps 9–11: the key is not stolen, and the answer is ours.
    def proof_fault(token, proof, feed)
      stolen_at = feed&.keys&.fetch(token.kid, nil)
      return "KEY_REVOKED" if stolen_at && token.iat >= stolen_at
      return if token.type == Token::FEED

      nonce, request, route = token.claims.values_at("non", "req", "rte")
      needs_nonce = proof.nonce || token.type == Token::ANSWER
      return "NONCE_MISMATCH" if needs_nonce && (proof.nonce.nil? || nonce != proof.nonce)
      return "REQUEST_MISMATCH" if proof.body && request != Bytes.hash(proof.body)

      "REQUEST_MISMATCH" if proof.route && route != proof.route
    end

    # Steps 12–16: the license is for this product, device and domain, and not revoked or expired.
    def license_fault(token, terms, feed, time)
      binding_fault(token.claims, terms) || revocation_fault(token, feed) || time_fault(token, time)
    end

    def binding_fault(claims, terms)
      device, domains = claims.values_at("fp", "dom")
      return "PRODUCT_MISMATCH" if terms.product && claims["aud"] != terms.product
      if device && (terms.fingerprint.nil? || device != Bytes.hash(terms.fingerprint))
        return "FINGERPRINT_MISMATCH"
      end

      "DOMAIN_MISMATCH" if domains && (terms.domain.nil? || !Domains.cover?(domains, terms.domain))
    end

    def revocation_fault(token, feed)
      ids = [token.claims["sub"], *token.claims["act"]]
      "LICENSE_REVOKED" if feed && ids.any? { |id| token.iat < feed.revoked.fetch(id, 0) }
    end

    def time_fault(token, time)
      return if time < token.exp

      token.lease? ? "LEASE_EXPIRED" : "FILE_EXPIRED"
    end
  end
end
