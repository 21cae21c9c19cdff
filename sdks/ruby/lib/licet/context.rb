# frozen_string_literal: true

module Licet
  # The subject of a call and of its record.
  # @api private
  Subject = Value.define(:key, :product, :fingerprint, :domain) do
    def record_name
      text = [key, product, fingerprint, domain].join("\n")
      "licet-#{OpenSSL::Digest.hexdigest("SHA256", text)[0, 16]}"
    end

    # Returns the license key, without which nothing can be asked.
    def key!
      key || raise(ArgumentError, "This needs a license key: pass `key` to the client or to the call.")
    end

    # The server wants either a domain or a fingerprint.
    def place
      return { key: key!, domain: domain } if domain
      return { key: key!, fingerprint: fingerprint } if fingerprint

      raise ArgumentError, "Pass the domain or the fingerprint to activate or deactivate."
    end
  end

  # The options of a client, complete and checked, with the records of its licenses.
  # @api private
  class Context
    APP_ID = /\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z/
    LOCKS = 16

    attr_reader :url, :app_id, :public_keys, :store, :timeout, :refresh, :transport

    def self.check_app_id(app_id)
      return if app_id.is_a?(String) && app_id.match?(APP_ID)

      # It is part of the path of a file.
      raise ArgumentError, "app_id must be 1–100 letters, digits, dots, dashes or underscores."
    end

    def initialize(url:, app_id:, key: nil, product: nil, public_keys: [], domain: nil, fingerprint: nil,
                   store: nil, timeout: 3, refresh: 86_400, hard_limit: 30 * 86_400, transport: nil,
                   clock: Time.method(:now), built_at: nil, on_problem: nil)
      Context.check_app_id(app_id)
      check_limits(timeout: timeout, refresh: refresh, hard_limit: hard_limit)
      @url = HTTP.base_url(url)
      @app_id = app_id
      @target = { key: key, domain: domain, fingerprint: fingerprint }
      @product = product
      @public_keys = check_public_keys(public_keys)
      # A duration of ActiveSupport is a number, too.
      @timeout = timeout.to_f
      @refresh = refresh.to_i
      @hard_limit = hard_limit.to_i
      @transport = transport || Transport.new
      @clock = clock
      @built_at = built_at&.to_i
      @on_problem = on_problem
      @store = FallbackStore.new(store || open_store, method(:report))
      @locks = Array.new(LOCKS) { Mutex.new }
      @device_lock = Mutex.new
    end

    # The time in whole seconds.
    def now
      @clock.call.to_i
    end

    # Reports a failure to the app. A mistake in its code must not stop a check.
    def report(problem)
      @on_problem&.call(problem)
    rescue StandardError
      nil
    end

    # Completes a target with the options of the client and the fingerprint of the device. In both, false is
    # none, even if there is a default.
    def resolve(key: nil, domain: nil, fingerprint: nil)
      key = pick(key, @target[:key])
      domain = pick(domain, @target[:domain])&.then { |text| Bytes.utf8(text) }
      fingerprint = [fingerprint, @target[:fingerprint]].find { |each| each == false || !blank?(each) }
      fingerprint = device.value if fingerprint.nil? && domain.nil?
      key = Keys.normalize(key) || Bytes.strip(key) unless blank?(key)
      Subject.new(key: blank?(key) ? nil : key, product: @product, domain: domain,
                  fingerprint: fingerprint ? Bytes.utf8(fingerprint) : nil)
    end

    # The fingerprint of this device, which stays the same as long as the client.
    def device
      @device_lock.synchronize { @device ||= Fingerprint.find(app_id, store) }
    end

    def terms(subject)
      Terms.new(public_keys: public_keys, product: subject.product, fingerprint: subject.fingerprint,
                domain: subject.domain, refresh: refresh, hard_limit: @hard_limit, built_at: @built_at)
    end

    # Judges a license by its record, and by a verdict if there is one.
    def judge(subject, verdict = nil)
      change(subject) { |evidence| Judge.rule(evidence, now, verdict, terms(subject)) }
    end

    # Yields the evidence about a subject, one call after the other, and stores the record of what the block
    # returns. It is read right before, since another process may have changed it.
    def change(subject)
      name = subject.record_name
      lock(name).synchronize do
        evidence = evidence(subject)
        result = yield evidence
        store.put(name, result.record.to_json) unless result.record == evidence.record
        result
      end
    end

    def delete_record(subject)
      name = subject.record_name
      lock(name).synchronize { store.delete(name) }
    end

    def evidence(subject)
      Evidence.open(Record.parse(store.get(subject.record_name)), public_keys)
    end

    private

    def open_store
      FileStore.new(FileStore.directory(app_id))
    rescue ArgumentError => e
      # The user has no home directory.
      report(e)
      MemoryStore.new
    end

    def lock(name)
      @locks[name.hash % LOCKS]
    end

    def pick(own, default)
      (own.nil? ? default : own) || nil
    end

    def blank?(text)
      text.nil? || text == false || Bytes.strip(text).empty?
    end

    def check_public_keys(public_keys)
      Array(public_keys).each_with_index do |text, index|
        key = Token.parse_public_key(text)
        next if key && Ed25519.sound_point?(key[:bytes])

        raise ArgumentError, "public_keys[#{index}] must be a key that `licet signing keys` has printed."
      end.dup.freeze
    end

    def check_limits(limits)
      limits.each do |name, value|
        raise ArgumentError, "#{name} must be a number above 0." unless value.is_a?(Numeric) && value.positive?
      end
    end
  end
end
