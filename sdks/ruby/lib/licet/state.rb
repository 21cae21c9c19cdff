# frozen_string_literal: true

require "time"

module Licet
  # A license as the app sees it.
  #
  # @!attribute id
  #   @return [String]
  # @!attribute plan
  #   @return [String] the slug of the plan
  # @!attribute features
  #   @return [Hash{String => Boolean, Numeric, String}]
  # @!attribute expires_at
  #   @return [Time, nil] nil without an end
  License = Value.define(:id, :plan, :features, :expires_at) do
    # Whether the license has a feature: it is there, and neither false nor 0.
    def feature?(name)
      value = features[name.to_s]
      !(value.nil? || value == false || value == 0)
    end
  end

  # @api private
  class License
    RFC3339 = /\A\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)\z/

    # Reads a license from the claims of a token.
    def self.from_claims(claims)
      new(id: claims["sub"], plan: claims["plan"], features: claims["features"],
          expires_at: claims["end"] && State.time(claims["end"]))
    end

    # Reads a license from an answer without a signature.
    def self.from_body(body)
      expires_at = body["expiresAt"] && parse_time(body["expiresAt"])
      new(id: body["id"], plan: body["plan"], features: body["features"], expires_at: expires_at)
    end

    # Returns a time in RFC 3339; nil for anything else.
    def self.parse_time(text)
      Time.iso8601(text).utc if text.is_a?(String) && text.match?(RFC3339)
    rescue ArgumentError
      nil
    end
  end

  # The result of a check.
  #
  # @!attribute status
  #   @return [Symbol] :licensed; :grace: licensed, but the server has not confirmed it for too long;
  #     :refused: a server said no; :unknown: nothing proves either, so the app decides
  # @!attribute source
  #   @return [Symbol] :server, :lease, :file, :cache or :none
  # @!attribute code
  #   @return [String, nil] why the license is refused or unknown, such as "LICENSE_EXPIRED" or "NO_ANSWER"
  # @!attribute message
  #   @return [String, nil] the same for people
  # @!attribute license
  #   @return [License, nil]
  # @!attribute warnings
  #   @return [Array<String>] codes such as "EXPIRES_SOON"
  # @!attribute stale_since
  #   @return [Time, nil] in grace, since when a confirmation is due
  # @!attribute refresh_after
  #   @return [Time, nil]
  # @!attribute valid_until
  #   @return [Time, nil] until when the license stays allowed without any answer
  State = Value.define(:status, :source, :code, :message, :license, :warnings, :stale_since,
                       :refresh_after, :valid_until) do
    # Whether the app may run.
    def allowed?
      licensed? || grace?
    end

    def licensed?
      status == :licensed
    end

    def grace?
      status == :grace
    end

    def refused?
      status == :refused
    end

    def unknown?
      status == :unknown
    end

    # Refuses an allowed state without one of the features.
    # @api private
    def require_features(names)
      missing = allowed? && Array(names).find { |name| !license.feature?(name) }
      return self unless missing

      State.deny(:refused, "FEATURE_NOT_INCLUDED", source, "The license does not include the feature “#{missing}”.")
    end
  end

  # @api private
  class State
    def self.deny(status, code, source, message)
      new(status: status, source: source, code: code, message: message, warnings: [])
    end

    # Returns a time from seconds since 1970, at the latest the end of the year 9999.
    def self.time(seconds)
      Time.at([seconds, Claims::SECONDS_MAX].min).utc
    end
  end
end
