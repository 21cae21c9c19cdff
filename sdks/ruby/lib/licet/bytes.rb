# frozen_string_literal: true

require "openssl"

module Licet
  # Conversions between texts and bytes.
  # @api private
  module Bytes
    # White space as JavaScript and the server define it. That of Ruby is ASCII.
    SPACE = "\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
    SPACE_AROUND = /\A[#{SPACE}]+|[#{SPACE}]+\z/

    module_function

    # Returns a text in UTF-8. Bytes count as UTF-8, and those that are not become U+FFFD.
    def utf8(text)
      text = text.to_s
      return String.new(text, encoding: "UTF-8").scrub if text.encoding == Encoding::BINARY

      text.encode("UTF-8", invalid: :replace, undef: :replace).scrub
    end

    def strip(text)
      utf8(text).gsub(SPACE_AROUND, "")
    end

    def base64url(bytes)
      [bytes].pack("m0").tr("+/", "-_").delete("=")
    end

    # Returns the bytes of strict base64url; nil for any other text.
    def from_base64url(text)
      return unless text.match?(/\A[A-Za-z0-9_-]+\z/)

      bytes = text.tr("-_", "+/").ljust((text.size + 3) / 4 * 4, "=").unpack1("m")
      # A text whose unused bits are not zero is another one.
      bytes if base64url(bytes) == text
    end

    # Returns the base64url SHA-256 of a text, as in the claims "fp" and "req".
    def hash(text)
      base64url(OpenSSL::Digest.digest("SHA256", text))
    end
  end
end
