# frozen_string_literal: true

module Licet
  # The claims that each type of token must have (conformance suite, §Claims). Tests are used with ===.
  # @api private
  module Claims
    # The end of the year 9999: a larger number is not in seconds.
    SECONDS_MAX = 253_402_300_799
    ABSENT = Object.new.freeze

    ANY_OF = ->(*tests) { ->(value) { tests.any? { |test| test === value } } }
    LIST_OF = ->(test) { ->(value) { value.is_a?(Array) && value.all?(test) } }
    SHAPE = lambda do |shape|
      ->(value) { value.is_a?(Hash) && shape.all? { |name, test| test === value.fetch(name, ABSENT) } }
    end
    IN_ORDER = ->(*names) { ->(claims) { claims.values_at(*names).each_cons(2).all? { |a, b| a <= b } } }

    FLAG = ANY_OF[true, false]
    COUNT = ->(value) { value.is_a?(Integer) && value.between?(0, JSONReader::INTEGER_MAX) }
    SECONDS = ->(value) { value.is_a?(Integer) && value.between?(0, SECONDS_MAX) }
    TEXT_OR_NULL = ANY_OF[String, nil]
    ENTRY = ->(value) { value.is_a?(Array) && value.size == 2 && String === value[0] && SECONDS === value[1] }
    FEATURES = ->(value) { value.is_a?(Hash) && value.values.all?(ANY_OF[FLAG, Numeric, String]) }
    SEAT = SHAPE[{ "id" => String, "exp" => SECONDS }]

    COMMON = { "iss" => String, "jti" => String, "iat" => SECONDS, "nbf" => SECONDS, "exp" => SECONDS }.freeze
    ANSWER = {
      **COMMON,
      "aud" => TEXT_OR_NULL, "sub" => TEXT_OR_NULL, "non" => TEXT_OR_NULL, "req" => TEXT_OR_NULL, "rev" => COUNT
    }.freeze
    VALID = {
      **ANSWER,
      "aud" => String, "sub" => String, "valid" => true, "plan" => String, "features" => FEATURES,
      "warnings" => LIST_OF[String], "end" => ANY_OF[SECONDS, nil]
    }.freeze
    LEASE = {
      **VALID,
      "fp" => TEXT_OR_NULL, "dom" => ANY_OF[LIST_OF[String], nil], "act" => LIST_OF[String],
      "sea" => ANY_OF[SEAT, nil], "rfa" => SECONDS, "vld" => SECONDS
    }.freeze
    GRANTED = { **VALID, "sea" => ANY_OF[SEAT, nil, ABSENT] }.freeze
    REFUSED = {
      **ANSWER,
      "valid" => false, "error" => String, "message" => String, "details" => ANY_OF[Hash, ABSENT]
    }.freeze
    FEED = {
      **COMMON,
      "from" => COUNT, "to" => COUNT, "more" => FLAG, "revoked" => LIST_OF[ENTRY], "keys" => LIST_OF[ENTRY]
    }.freeze

    ISSUED = IN_ORDER["nbf", "iat", "exp"]
    TIMED = IN_ORDER["rfa", "vld", "exp"]

    TESTS = {
      "licet-lease+jwt" => [SHAPE[LEASE], ISSUED, TIMED],
      "licet-file+jwt" => [SHAPE[{ **LEASE, "ret" => TEXT_OR_NULL }], ISSUED, TIMED],
      "licet-answer+jwt" => [ANY_OF[SHAPE[GRANTED], SHAPE[REFUSED]], ISSUED],
      "licet-revocations+jwt" => [SHAPE[FEED], IN_ORDER["from", "to"], ISSUED]
    }.freeze

    def self.valid?(type, claims)
      TESTS.fetch(type).all? { |test| test === claims }
    end
  end
end
