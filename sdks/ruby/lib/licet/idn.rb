# frozen_string_literal: true

module Licet
  # Conversion of international domains: UTS #46, without its checks of what is forbidden, and Punycode
  # (RFC 3492). A name that it should have refused is covered by no license anyway.
  # @api private
  module IDN
    DOTS = /[\u3002\uff0e\uff61]/
    # The soft hyphen, joiners and selectors, which are not part of a name.
    IGNORED = /[\u00ad\u034f\u180b-\u180f\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]/

    BASE = 36
    TMIN = 1
    TMAX = 26
    SKEW = 38
    DAMP = 700

    module_function

    # Returns a host in lower case with its labels in ASCII; nil if that is impossible.
    def to_ascii(host)
      return host.downcase if host.ascii_only?

      # What is compatible may be in upper case, and what is in lower case may not be composed.
      mapped = host.gsub(IGNORED, "").unicode_normalize(:nfkc).downcase.unicode_normalize(:nfkc)
      labels = mapped.gsub(DOTS, ".").split(".", -1)
      labels.map { |label| label.ascii_only? ? label : "xn--#{punycode(label)}" }.join(".")
    rescue ArgumentError, EncodingError
      nil
    end

    def punycode(label)
      basic, rest = label.codepoints.partition { |point| point < 0x80 }
      output = basic.pack("U*") + (basic.empty? ? "" : "-")
      code = 0x80
      delta = 0
      bias = 72
      handled = basic.size
      rest.uniq.sort.each do |point|
        delta += (point - code) * (handled + 1)
        label.each_codepoint do |each|
          delta += 1 if each < point
          next unless each == point

          output << digits(delta, bias)
          bias = adapt(delta, handled + 1, first: handled == basic.size)
          delta = 0
          handled += 1
        end
        delta += 1
        code = point + 1
      end
      output
    end

    def digits(delta, bias)
      text = +""
      (BASE..).step(BASE) do |k|
        threshold = (k - bias).clamp(TMIN, TMAX)
        break text << digit(delta) if delta < threshold

        delta, rest = (delta - threshold).divmod(BASE - threshold)
        text << digit(threshold + rest)
      end
    end

    def digit(value)
      value.to_s(BASE).tr("0-9a-z", "a-z0-9")
    end

    def adapt(delta, count, first:)
      delta /= first ? DAMP : 2
      delta += delta / count
      steps = 0
      while delta > ((BASE - TMIN) * TMAX) / 2
        delta /= BASE - TMIN
        steps += BASE
      end
      steps + (((BASE - TMIN + 1) * delta) / (delta + SKEW))
    end

    private_class_method :punycode, :digits, :digit, :adapt
  end
end
