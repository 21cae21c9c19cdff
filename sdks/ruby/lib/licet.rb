# frozen_string_literal: true

require_relative "licet/version"
require_relative "licet/value"
require_relative "licet/errors"
require_relative "licet/bytes"
require_relative "licet/json_reader"
require_relative "licet/ed25519"
require_relative "licet/claims"
require_relative "licet/idn"
require_relative "licet/domains"
require_relative "licet/token"
require_relative "licet/verification"
require_relative "licet/state"
require_relative "licet/record"
require_relative "licet/verdict"
require_relative "licet/judge"
require_relative "licet/imports"
require_relative "licet/keys"
require_relative "licet/offline_codes"
require_relative "licet/webhooks"
require_relative "licet/store"
require_relative "licet/fingerprint"
require_relative "licet/retries"
require_relative "licet/transport"
require_relative "licet/requests"
require_relative "licet/context"
require_relative "licet/checks"
require_relative "licet/seats"
require_relative "licet/client"

# Checks licenses with a Licet server, online and offline: see Licet::Client. The management API is in
# "licet/admin".
module Licet
  class << self
    # Returns the state that a license file or a lease gives on its own, without a client, a store or a network.
    # Any other text is unknown, with a code such as "SIGNATURE_INVALID".
    #
    # @return [State]
    def verify(text, public_keys, product: nil, fingerprint: nil, domain: nil, features: [], now: Time.now)
      token = Token.parse_either(Bytes.strip(text), Token::FILE, Token::LEASE, public_keys)
      terms = Terms.new(public_keys: public_keys, product: product, fingerprint: fingerprint, domain: domain)
      evidence = Evidence.new(record: Record::EMPTY, tokens: [token])
      Judge.rule(evidence, now.to_i, nil, terms).state.require_features(features)
    rescue TokenError => e
      State.deny(:unknown, e.code, :none, e.message)
    end

    # Returns the fingerprint of this device for an app: that of the variable LICET_FINGERPRINT, the hashed ID of
    # the operating system, or a random one in the store.
    #
    # @return [Fingerprint]
    def fingerprint(app_id, store: nil)
      Context.check_app_id(app_id)
      store ||= FileStore.new(FileStore.directory(app_id))
      Fingerprint.find(app_id, FallbackStore.new(store, ->(_problem) {}))
    end
  end
end
