# frozen_string_literal: true

module Licet
  # A token whose signature and claims are good. Its times and bindings have not been checked.
  # @api private
  Token = Value.define(:type, :kid, :claims, :text) do
    def lease?
      type == Token::LEASE
    end

    # Whether it is a license, and not the answer to a request or a feed.
    def license?
      lease? || type == Token::FILE
    end

    def iat
      claims["iat"]
    end

    def exp
      claims["exp"]
    end

    def source
      lease? ? :lease : :file
    end
  end

  # Steps 1–8 of the conformance suite, §Verification.
  class Token
    LEASE = "licet-lease+jwt"
    FILE = "licet-file+jwt"
    ANSWER = "licet-answer+jwt"
    FEED = "licet-revocations+jwt"

    HEADER = Claims::SHAPE[{ "alg" => "EdDSA", "kid" => String, "typ" => String }]
    BYTES_MAX = Hash.new(16 * 1024).update(FEED => 1024 * 1024).freeze
    ARMOR = /\A-----BEGIN LICET ([A-Z]+)-----\r?\n(.*)\r?\n-----END LICET \1-----\z/m
    LABELS = { FILE => "LICENSE", FEED => "REVOCATIONS" }.freeze

    class << self
      # Reads a compact JWS (RFC 7515), armored if it is a file or a feed, that one of the public keys has
      # signed. Raises TokenError for anything else. The header never selects the algorithm.
      def parse(text, type, public_keys)
        text = read_text(text, type)
        head, body, signature = split(text)
        kid = read_header(head, type)
        public_key = public_keys.filter_map { |x| parse_public_key(x) }.find { |key| key[:kid] == kid }
        raise TokenError, "KEY_UNKNOWN" if public_key.nil?
        unless Ed25519.verify(public_key[:bytes], "#{head}.#{body}", signature)
          raise TokenError, "SIGNATURE_INVALID"
        end

        claims = decode(body)
        malformed! unless claims && Claims.valid?(type, claims)
        new(type: type, kid: kid, claims: claims, text: text)
      end

      # Reads a token of one of two types.
      def parse_either(text, first, second, public_keys)
        parse(text, first, public_keys)
      rescue TokenError => e
        raise unless e.code == "TYPE_UNEXPECTED"

        parse(text, second, public_keys)
      end

      # Returns the bytes and the ID (RFC 7638) of a public key; nil if the text is not one.
      def parse_public_key(text)
        bytes = text.is_a?(String) ? Bytes.from_base64url(text) : nil
        return unless bytes&.bytesize == 32

        { bytes: bytes, kid: Bytes.hash(%({"crv":"Ed25519","kty":"OKP","x":"#{text}"}))[0, 16] }
      end

      private

      # Returns a text without its armor. Any text that is not in armor is compact, or malformed.
      def read_text(text, type)
        text = String.new(text, encoding: "UTF-8")
        malformed! if text.bytesize > BYTES_MAX[type] || !text.valid_encoding?
        armored = text.delete_prefix("\ufeff").gsub(/\A[ \t\r\n]+|[ \t\r\n]+\z/, "")
        label, contents = ARMOR.match(armored)&.captures
        contents && label == LABELS[type] ? contents.gsub(/[ \t\r\n]/, "") : text
      end

      def split(text)
        parts = text.split(".", -1)
        head, body, signature = parts.map { |part| Bytes.from_base64url(part) }
        malformed! unless parts.size == 3 && head && body && signature&.bytesize == 64
        [parts[0], parts[1], signature]
      end

      # Returns the ID of the key that the header names.
      def read_header(head, type)
        header = decode(head)
        malformed! unless HEADER === header && header.size == 3
        raise TokenError, "TYPE_UNEXPECTED" unless header["typ"] == type

        header["kid"]
      end

      def decode(part)
        JSONReader.parse_object(Bytes.from_base64url(part), unique: true)
      end

      def malformed!
        raise TokenError, "MALFORMED"
      end
    end
  end
end
