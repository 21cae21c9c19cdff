# frozen_string_literal: true

require "ipaddr"

module Licet
  # Hosts, as in conformance suite, §Domains.
  # @api private
  module Domains
    SCHEME = %r{\A(?:[A-Za-z][A-Za-z0-9+.-]*:)?//}
    # Signs that a URL parser would take as something else than a host.
    NOT_A_HOST = /[#{Bytes::SPACE}@%\\]/
    NAME = /\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\z/
    NUMBER = /\A(?:0x(\h*)|0([0-7]*)|([0-9]+))\z/
    NUMBER_LAST = /(?:\A|\.)(?:[0-9]+|0x\h*)\z/
    PORT_MAX = 65_535
    SIZE_MAX = 253

    module_function

    # Whether a license for the entries covers a domain. "example.com" covers itself and its "www.", and
    # "*.example.com" every host below it. Whole labels are compared: "a.io" covers neither "data.io" nor
    # "a.io.evil.com".
    def cover?(entries, domain)
      host = normalize(domain) or return false
      hosts = [host]
      hosts << hosts.last.delete_prefix("www.") while hosts.last.start_with?("www.")
      entries.any? { |entry| entry.start_with?("*.") ? host.end_with?(entry[1..]) : hosts.include?(entry) }
    end

    # Returns the host of a domain or URL: in lower case and punycode, without scheme, port, path, trailing
    # dot and brackets; an IPv4 address that is mapped to IPv6 as itself. Returns nil for anything else.
    def normalize(text)
      authority = Bytes.strip(text).sub(SCHEME, "").sub(%r{[/?#].*\z}m, "")
      return if authority.match?(NOT_A_HOST)
      return normalize_ipv6(authority) if authority.start_with?("[") || authority.count(":") > 1

      host, port = authority.split(":", 2)
      return unless host && valid_port?(port)

      host = IDN.to_ascii(host)&.delete_suffix(".")
      return if host.nil? || host.size > SIZE_MAX || !host.match?(NAME)

      host.match?(NUMBER_LAST) ? parse_ipv4(host) : host
    end

    def valid_port?(port)
      port.nil? || (port.match?(/\A[0-9]*\z/) && port.to_i <= PORT_MAX)
    end

    def normalize_ipv6(text)
      if text.start_with?("[")
        text, port = text.match(/\A\[(.*)\](?::(.*))?\z/)&.captures
        return unless valid_port?(port)
      end
      return unless text&.match?(/\A[\h:.]+\z/)

      address = IPAddr.new(text, Socket::AF_INET6)
      address.ipv4_mapped? ? address.native.to_s : format_ipv6(address)
    rescue IPAddr::Error
      nil
    end

    # The short form of RFC 5952, in which IPAddr writes ::1:2 as ::0.1.0.2.
    def format_ipv6(address)
      groups = address.hton.unpack("n8").map { |group| group.to_s(16) }.join(":")
      zeros = groups.scan(/(?<![^:])0(?::0)+(?![^:])/).max_by(&:size)
      return groups unless zeros

      head, tail = groups.split(/(?<![^:])#{zeros}(?![^:])/, 2)
      "#{head.delete_suffix(":")}::#{tail.delete_prefix(":")}"
    end

    # Reads an address in all forms that browsers accept, such as 127.1 and 0x7f000001.
    def parse_ipv4(text)
      *parts, last = text.split(".").map { |part| parse_number(part) }
      return if last.nil? || parts.size > 3 || parts.any? { |part| part.nil? || part > 255 }
      return if last >= 256**(4 - parts.size)

      address = parts.each_with_index.sum { |part, index| part << (8 * (3 - index)) } + last
      [address].pack("N").unpack("C4").join(".")
    end

    def parse_number(text)
      case NUMBER.match(text)&.captures
      in [String => hex, nil, nil] then hex.hex
      in [nil, String => octal, nil] then octal.oct
      in [nil, nil, String => decimal] then decimal.to_i
      in nil then nil
      end
    end

    private_class_method :valid_port?, :normalize_ipv6, :format_ipv6, :parse_ipv4, :parse_number
  end
end
