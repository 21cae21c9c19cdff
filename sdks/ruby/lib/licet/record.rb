# frozen_string_literal: true

require "json"

module Licet
  # The memory of an app about one license. Times are whole seconds since 1970.
  # @api private
  Record = Value.define(:lease, :file, :answer, :tombstone, :floor, :feed)

  # `lease` and `file` are compact tokens, `answer` the last valid answer without a signature, `tombstone`
  # the last refusal, `floor` a time that has passed, and `feed` the revocations that were imported.
  class Record
    Answer = Value.define(:at, :verdict) do
      # Returns the time until which an answer is used at most.
      def ends_at(hard_limit)
        limit = at + hard_limit
        expires_at = License.parse_time(verdict["license"]["expiresAt"])&.to_i
        # A license in its grace period was valid although its end had passed.
        expires_at && expires_at > at && expires_at < limit ? expires_at : limit
      end
    end
    Tombstone = Value.define(:code, :message, :at)
    Feed = Value.define(:to, :revoked, :keys)

    EMPTY = new(floor: 0)

    TIMES = ->(value) { value.is_a?(Hash) && value.values.all?(Claims::SECONDS) }
    EXPIRY = ->(value) { value.nil? || !License.parse_time(value).nil? }
    LICENSE = Claims::SHAPE[{ "id" => String, "plan" => String, "features" => Hash, "expiresAt" => EXPIRY }]
    VALID = Claims::SHAPE[{ "valid" => true, "license" => LICENSE, "warnings" => Claims::LIST_OF[String] }]
    ANSWER = Claims::SHAPE[{ "at" => Claims::SECONDS, "verdict" => VALID }]
    TOMBSTONE = Claims::SHAPE[{ "code" => String, "message" => String, "at" => Claims::SECONDS }]
    FEED = Claims::SHAPE[{ "to" => Claims::COUNT, "revoked" => TIMES, "keys" => TIMES }]

    class << self
      # Reads a stored record. Each part that is damaged counts as missing.
      def parse(text)
        stored = text && JSONReader.parse_object(text)
        return EMPTY unless stored && stored["v"] == 1

        member = ->(name, test) { stored[name] if test === stored[name] }
        new(lease: member["lease", String], file: member["file", String],
            answer: build(Answer, member["answer", ANSWER]),
            tombstone: build(Tombstone, member["tombstone", TOMBSTONE]),
            floor: member["floor", Claims::SECONDS] || 0, feed: build(Feed, member["feed", FEED]))
      end

      # Returns the members that we know of a response that says valid; nil if it is not one.
      def valid_body(body)
        return unless VALID === body

        { "valid" => true, "license" => body["license"].slice("id", "plan", "features", "expiresAt"),
          "warnings" => body["warnings"] }
      end

      private

      def build(type, members)
        members && type.new(**members.slice(*type.members.map(&:to_s)).transform_keys(&:to_sym))
      end
    end

    def to_json(*)
      JSON.generate({ "v" => 1, **to_h, answer: answer&.to_h, tombstone: tombstone&.to_h, feed: feed&.to_h })
    end
  end
end
