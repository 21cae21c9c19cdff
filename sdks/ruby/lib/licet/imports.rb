# frozen_string_literal: true

module Licet
  # License files and revocation feeds (conformance suite, §The judge, 5). Both raise TokenError.
  # @api private
  module Imports
    module_function

    # Returns the ruling with a license file.
    def add_file(evidence, now, text, terms)
      issued_at = Token.parse(text, Token::FILE, terms.public_keys).iat
      record = lower_floor(evidence, issued_at)
      time = Judge.read_clock(evidence.with(record: record), now, terms.built_at).time
      file = Verification.verify(text, Token::FILE, terms, time, feed: record.feed)
      tombstone = record.tombstone
      tombstone = nil if tombstone && tombstone.at < issued_at
      record = record.with(file: file.text, tombstone: tombstone)
      Judge.rule(Evidence.open(record, terms.public_keys), now, nil, terms)
    end

    # Returns the ruling with a revocation feed. One that is older than the stored one changes nothing.
    def add_revocations(evidence, now, text, terms)
      record = evidence.record
      token = Verification.verify(text, Token::FEED, terms, now, feed: record.feed)
      feed = merge_feed(record.feed, token.claims)
      unless feed.equal?(record.feed)
        record = record.with(feed: feed, floor: [record.floor, token.iat].max)
      end
      Judge.rule(evidence.with(record: record), now, nil, terms)
    end

    # A file that is newer than the stored one heals a device whose clock was ahead: no server can.
    def lower_floor(evidence, issued_at)
      record = evidence.record
      newest = evidence.tokens.any? && evidence.tokens.all? { |token| token.iat < issued_at }
      newest && issued_at < record.floor ? record.with(floor: issued_at) : record
    end

    def merge_feed(stored, claims)
      from, to, revoked, keys = claims.values_at("from", "to", "revoked", "keys")
      return stored if stored && to < stored.to
      raise TokenError, "FEED_GAP" if from > (stored ? stored.to : 0)

      earlier = stored && from.positive? ? stored.revoked : {}
      Record::Feed.new(to: to, revoked: earlier.merge(revoked.to_h),
                       keys: (stored ? stored.keys : {}).merge(keys.to_h))
    end

    private_class_method :lower_floor, :merge_feed
  end
end
