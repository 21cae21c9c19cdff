# frozen_string_literal: true

require "json"
require "openssl"

module Licet
  # Codes that people carry between a device without a connection and the server.
  # @api private
  module OfflineCodes
    module_function

    # Returns the code with which a device asks for a license file. Members that are nil are left out.
    def encode_request(product:, key:, fingerprint:, name:, nonce:)
      request = { v: 1, product: product, key: key, fp: fingerprint, name: name, nonce: nonce }.compact
      "LQ1.#{Bytes.base64url(JSON.generate(request))}"
    end

    # Returns the code that proves that a device has deleted its license file: the first 50 bits of
    # HMAC-SHA-256 of the ID of the file under its secret.
    def return_code(secret, file_id)
      mac = OpenSSL::HMAC.digest("SHA256", Bytes.from_base64url(secret).to_s, file_id)
      symbols = mac.unpack1("B50").scan(/.{5}/).map { |bits| Keys::ALPHABET[bits.to_i(2)] }.join
      "#{symbols[0, 5]}-#{symbols[5, 5]}"
    end
  end
end
