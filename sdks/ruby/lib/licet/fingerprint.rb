# frozen_string_literal: true

require "openssl"
require "rbconfig"
require "securerandom"

module Licet
  # The fingerprint of a device for one app.
  #
  # @!attribute value
  #   @return [String]
  # @!attribute kind
  #   @return [Symbol] :option, :environment, :machine or :random
  Fingerprint = Value.define(:value, :kind) do
    alias_method :to_s, :value
  end

  # In a container it is random, because the ID of the machine would be that of the image.
  class Fingerprint
    VARIABLE = "LICET_FINGERPRINT"
    STORED_NAME = "licet-device"
    STORED_ID = /\A[0-9a-f]{32}\z/

    class << self
      # @api private
      def find(app_id, store, option: nil, env: ENV, machine_id: nil)
        return new(value: option, kind: :option) unless blank?(option)
        return new(value: env[VARIABLE], kind: :environment) unless blank?(env[VARIABLE])

        id = machine_id ? machine_id.call : MachineId.find(env)
        return new(value: hash_id(app_id, id), kind: :machine) unless blank?(id)

        new(value: hash_id(app_id, random_id(store)), kind: :random)
      end

      # Hashes the ID of a machine with that of the app, so that no two apps share fingerprints.
      # @api private
      def hash_id(app_id, machine_id)
        OpenSSL::Digest.hexdigest("SHA256", "licet-fp-v1\n#{app_id}\n#{Bytes.strip(machine_id)}")
      end

      private

      def blank?(text)
        text.nil? || Bytes.strip(text).empty?
      end

      def random_id(store)
        stored_id(store) || begin
          id = SecureRandom.hex(16)
          store.put(STORED_NAME, id)
          # Another process may have stored its own at the same time. The last one is that of the device.
          stored_id(store) || id
        end
      end

      def stored_id(store)
        id = store.get(STORED_NAME)
        id if id&.match?(STORED_ID)
      end
    end
  end

  # The ID that the operating system gives this machine.
  # @api private
  module MachineId
    LINUX_FILES = %w[/etc/machine-id /var/lib/dbus/machine-id].freeze
    CONTAINER_FILES = %w[/.dockerenv /run/.containerenv].freeze

    module_function

    # Returns nil if there is none, or in a container, where it changes or is shared.
    def find(env = ENV)
      case RbConfig::CONFIG["host_os"]
      when /linux/ then find_linux unless container?(env)
      when /darwin/ then find_mac
      when /mswin|mingw/ then find_windows
      end
    rescue StandardError
      nil
    end

    def container?(env)
      !env["KUBERNETES_SERVICE_HOST"].nil? || CONTAINER_FILES.any? { |path| File.exist?(path) }
    end

    def find_linux
      LINUX_FILES.filter { |path| File.readable?(path) }.map { |path| File.read(path).strip }.find { |id| id != "" }
    end

    def find_mac
      output = IO.popen(%w[/usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice], &:read)
      output[/"IOPlatformUUID" = "([^"]+)"/, 1]
    end

    def find_windows
      program = File.join(ENV.fetch("SystemRoot", "C:/Windows"), "System32", "reg.exe")
      # The view of 64-bit programs, also for a Ruby of 32 bits.
      query = ["query", 'HKLM\SOFTWARE\Microsoft\Cryptography', "/v", "MachineGuid", "/reg:64"]
      IO.popen([program, *query], &:read)[/MachineGuid\s+REG_SZ\s+(\S+)/, 1]
    end

    private_class_method :container?, :find_linux, :find_mac, :find_windows
  end
end
