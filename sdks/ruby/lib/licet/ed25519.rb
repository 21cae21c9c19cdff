# frozen_string_literal: true

require "openssl"

module Licet
  # Ed25519 (RFC 8032) of OpenSSL, with the checks that it leaves out.
  # @api private
  module Ed25519
    P = (2**255) - 19
    # The order of the base point.
    L = (2**252) + 27_742_317_777_372_353_535_851_937_790_883_648_493
    ORDER_8_Y = 0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826
    # The y coordinates of the points whose order divides 8. Signatures by such keys prove nothing.
    SMALL_ORDER_Y = [0, 1, P - 1, ORDER_8_Y, P - ORDER_8_Y].freeze
    # The DER of a public key, up to its 32 bytes (RFC 8410).
    DER_PREFIX = ["302a300506032b6570032100"].pack("H*").freeze

    module_function

    def verify(public_key, message, signature)
      return false unless sound_point?(public_key) && sound_signature?(signature)

      OpenSSL::PKey.read(DER_PREFIX + public_key).verify(nil, signature, message)
    rescue OpenSSL::PKey::PKeyError
      false
    end

    # Whether bytes are the canonical encoding of a y, which is not of small order.
    def sound_point?(bytes)
      return false unless bytes.bytesize == 32

      y = integer(bytes) & ((2**255) - 1)
      y < P && !SMALL_ORDER_Y.include?(y)
    end

    # Whether R is a sound point and S is below L, so that a signature has one encoding only.
    def sound_signature?(bytes)
      bytes.bytesize == 64 && sound_point?(bytes.byteslice(0, 32)) && integer(bytes.byteslice(32, 32)) < L
    end

    # Reads little-endian bytes.
    def integer(bytes)
      bytes.reverse.unpack1("H*").hex
    end
  end
end
