# frozen_string_literal: true

require "strscan"

module Licet
  # Reads JSON as RFC 8259 defines it. The parsers of the gem "json" also accept comments, unknown escapes
  # and, by version, members of the same name.
  # @api private
  class JSONReader
    class Invalid < StandardError; end

    DEPTH_MAX = 100
    # The largest integer that every JSON implementation holds exactly.
    INTEGER_MAX = (2**53) - 1
    SPACE = /[ \t\r\n]*/
    NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/
    STRING = %r{"((?:[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u\h{4})*+)"}
    ESCAPE = /\\u[dD][89abAB]\h\h\\u[dD][c-fC-F]\h\h|\\u\h{4}|\\./
    ESCAPED = { "b" => "\b", "f" => "\f", "n" => "\n", "r" => "\r", "t" => "\t" }.freeze
    LITERALS = { "true" => true, "false" => false, "null" => nil }.freeze

    # Returns the JSON object in a text in UTF-8, or nil for anything else. With `unique`, it is nil too if
    # any object in it has two members of the same name (RFC 7515, section 4).
    def self.parse_object(text, unique: false)
      text = String.new(text, encoding: "UTF-8")
      return unless text.valid_encoding?

      value = new(text, unique).parse
      value if value.is_a?(Hash)
    rescue Invalid
      nil
    end

    def initialize(text, unique)
      @scanner = StringScanner.new(text)
      @unique = unique
    end

    def parse
      value = read_value(0)
      invalid! unless @scanner.eos?
      value
    end

    private

    def read_value(depth)
      invalid! if depth > DEPTH_MAX
      @scanner.skip(SPACE)
      value =
        if @scanner.skip(/\{/) then read_object(depth)
        elsif @scanner.skip(/\[/) then read_list(depth)
        elsif @scanner.check(/"/) then read_string
        elsif @scanner.scan(/true|false|null/) then LITERALS[@scanner.matched]
        else
          read_number
        end
      @scanner.skip(SPACE)
      value
    end

    def read_object(depth)
      members = {}
      each_until(/\}/) do
        name = read_string
        invalid! if @unique && members.key?(name)
        @scanner.skip(SPACE)
        expect(/:/)
        members[name] = read_value(depth + 1)
      end
      members
    end

    def read_list(depth)
      list = []
      each_until(/\]/) { list << read_value(depth + 1) }
      list
    end

    def each_until(ending)
      @scanner.skip(SPACE)
      return if @scanner.skip(ending)

      loop do
        @scanner.skip(SPACE)
        yield
        break if @scanner.skip(ending)

        expect(/,/)
      end
    end

    def read_string
      expect(STRING)
      @scanner[1].gsub(ESCAPE) { |escape| unescape(escape) }
    end

    def unescape(escape)
      units = escape.scan(/u(\h{4})/).map { |(digits)| digits.hex }
      case units
      in [] then ESCAPED.fetch(escape[1], escape[1])
      in [high, low] then [0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)].pack("U")
      # Half a character has no form in UTF-8.
      in [0xd800..0xdfff] then "\ufffd"
      in [unit] then [unit].pack("U")
      end
    end

    # A number without a fraction is an integer, however it is written.
    def read_number
      expect(NUMBER)
      text = @scanner.matched
      return text.to_i unless @scanner[1] || @scanner[2]

      number = text.to_f
      invalid! if number.infinite?
      number.abs <= INTEGER_MAX && number == number.to_i ? number.to_i : number
    end

    def expect(pattern)
      @scanner.skip(pattern) || invalid!
    end

    def invalid!
      raise Invalid
    end
  end
end
