# frozen_string_literal: true

require "openssl"

module Licet
  # Reads license keys as people paste them, without asking the server.
  module Keys
    # Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
    ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    # @api private
    Reading = Value.define(:check, :key)

    SYMBOLS = 16
    BODY_SYMBOLS = 14
    CHARACTERS_MAX = 28
    SYMBOL = "[0-9A-TV-Za-tv-z]"
    SHAPE = /\A[A-Za-z0-9]{2,8}(?:-?#{SYMBOL}{4}){4}\z/
    IMPORTED_SHAPE = /\A\P{Cc}{16,255}\z/
    # A text that can be read in only one way.
    UNADORNED = /\A[A-Za-z0-9_-]*\z/
    # Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan.
    DASHES = /[\p{Pd}\u02d7\u2043\u2212\u2500\u30fc]/
    FIRST_TO_LAST_LETTER = /[\p{L}\p{N}-](?:.*[\p{L}\p{N}-])?/m
    UP_TO_LAST_SIGN = /\A.*[^\p{L}\p{N}#{Bytes::SPACE}-]/m
    # A key with its dashes among other words. Without them, ordinary words could pass for a key.
    GROUPED = /(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)[A-Za-z0-9]{2,8}(?:-#{SYMBOL}{4}){4}(?![A-Za-z0-9-])/
    # Control, formatting and other characters that show nothing, and an empty Braille cell.
    INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2800]|\p{Default_Ignorable_Code_Point}|\p{Noncharacter_Code_Point}/
    SPACES = /[#{Bytes::SPACE}]+/
    private_constant :SYMBOLS, :BODY_SYMBOLS, :CHARACTERS_MAX, :SYMBOL, :SHAPE, :IMPORTED_SHAPE, :UNADORNED,
                     :DASHES, :FIRST_TO_LAST_LETTER, :UP_TO_LAST_SIGN, :GROUPED, :INVISIBLE, :SPACES

    class << self
      # Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of two.
      #
      # @return [Symbol] :valid: a Licet key whose check symbols are right; :malformed: one with a mistake in it,
      #   unless it was imported; :foreign: may be a key that was imported from another system; :unusable: no key
      def check(text)
        read(text).check
      end

      # Returns PREFIX-XXXX-XXXX-XXXX-XXXX for a valid key, with any case, dashes, invisible characters and
      # words around it. Returns any other key without the white space around it, and nil if the text is
      # unusable. Mistakes are never corrected.
      #
      # @return [String, nil]
      def normalize(text)
        read(text).key
      end

      private

      def read(text)
        return Reading.new(check: :unusable) unless text.is_a?(String) && readable?(text)

        trimmed = Bytes.strip(text)
        plain = read_licet_key(trimmed)
        return plain if plain&.check == :valid

        adorned = find_adorned_key(trimmed)
        return adorned if adorned
        return Reading.new(check: :malformed, key: trimmed) if plain
        return Reading.new(check: :foreign, key: trimmed) if trimmed.match?(IMPORTED_SHAPE)

        Reading.new(check: :unusable)
      end

      # Whether a text has a form in UTF-8.
      def readable?(text)
        text.encoding == Encoding::BINARY ? text.dup.force_encoding("UTF-8").valid_encoding? : text.valid_encoding?
      end

      def read_licet_key(text)
        dense = text.gsub(SPACES, "")
        return unless dense.match?(SHAPE)

        compact = dense.delete("-").upcase
        prefix = compact[0...-SYMBOLS]
        symbols = compact[-SYMBOLS..].tr("OIL", "011")
        valid = symbols[BODY_SYMBOLS..] == check_symbols(prefix, symbols[0, BODY_SYMBOLS])
        Reading.new(check: valid ? :valid : :malformed, key: [prefix, *symbols.scan(/..../)].join("-"))
      end

      # Finds a valid key at the end of a text, such as `Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.`, or one
      # with its dashes anywhere.
      def find_adorned_key(text)
        return if text.match?(UNADORNED)

        spaced = text.unicode_normalize(:nfkc).gsub(SPACES, " ")
        flat = spaced.gsub(INVISIBLE, "").gsub(DASHES, "-")
        find_last_key(flat) || flat.scan(GROUPED).map { |key| read_licet_key(key) }.find { |key| key.check == :valid }
      end

      def find_last_key(text)
        core = text[FIRST_TO_LAST_LETTER].to_s.sub(UP_TO_LAST_SIGN, "")
        key = ""
        core.split(SPACES).reverse_each do |word|
          key = word + key
          return nil if key.size > CHARACTERS_MAX

          reading = read_licet_key(key)
          return reading if reading&.check == :valid
        end
        nil
      end

      # Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code [16, 14]
      # over GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
      def check_symbols(prefix, body)
        sum = weighted_sum = 0
        body.each_char do |symbol|
          value = ALPHABET.index(symbol)
          weighted_sum = double(weighted_sum ^ value)
          sum ^= value
        end
        salt = OpenSSL::Digest.digest("SHA256", prefix).unpack1("n") >> 6
        high, low = (((weighted_sum << 5) | sum) ^ salt).divmod(32)
        ALPHABET[high] + ALPHABET[low]
      end

      # Multiplies by 2 in GF(32) with x⁵+x²+1.
      def double(value)
        value < 16 ? value << 1 : (value << 1) ^ 0b100101
      end
    end
  end
end
