# frozen_string_literal: true

module Licet
  # A domain or device that uses a license.
  #
  # @!attribute kind
  #   @return [Symbol] :domain or :device
  # @!attribute value
  #   @return [String] the normalized domain, or the fingerprint
  # @!attribute name
  #   @return [String, nil]
  # @!attribute created_at
  #   @return [Time]
  Activation = Value.define(:id, :kind, :value, :name, :created_at)

  # The code with which a device without a connection asks for a license file. It contains the license key.
  #
  # @!attribute code
  #   @return [String] such as "LQ1.eyJ2Ijox…"
  # @!attribute url
  #   @return [String] the page of the server with the code in its fragment, for a link or a QR code
  OfflineRequest = Value.define(:code, :url)

  # Checks licenses for an app. Threads can share a client.
  #
  # The methods take `key`, `domain` and `fingerprint`, which replace those of the client; false is none.
  class Client
    # @return [Seats]
    attr_reader :seats

    # @param url [String] the address of the server, such as "https://licenses.example.com"
    # @param app_id [String] the name of your app in letters, digits, dots and dashes; never change it
    # @param key [String, nil] the customer's license key, as it was pasted
    # @param product [String, nil] the slug of your product, so that a key for another one is refused
    # @param public_keys [Array<String>] what `licet signing keys` prints: no other server can answer then
    # @param domain [String, nil] the site on which the app runs; by default it is this device
    # @param fingerprint [String, nil] the device, in place of its own fingerprint
    # @param store [#get, #put, #delete] where records are kept; a file by default
    # @param timeout [Numeric] how many seconds to wait for an answer
    # @param refresh [Numeric] after how many seconds an answer is refreshed if no keys are pinned
    # @param hard_limit [Numeric] for how many seconds it is used at most
    # @param transport [#call] sends requests, such as by a proxy: see Transport
    # @param clock [#call] returns the Time
    # @param built_at [Time, nil] when the app was built: a clock that shows an earlier time is wrong
    # @param on_problem [#call, nil] gets every failure that is not raised, for a log
    # @raise [ArgumentError] if an option is wrong
    def initialize(url:, app_id:, **options)
      @context = Context.new(url: url, app_id: app_id, **options)
      @checks = Checks.new(@context)
      @seats = Seats.new(@context)
    end

    # Decides whether the app may run: call it at launch, and as often as you like. Never raises because of the
    # network, the server or the store, and returns at once if a stored license allows the app to run.
    #
    # @param features [Array<String>] without one of these, the license is refused
    # @param fresh [Boolean] waits for the server in any case
    # @param name [String, nil] a name for the device, for the vendor's list
    # @param version [String, nil] the version of the app, for the vendor's statistics
    # @return [State]
    def check(features: [], fresh: false, name: nil, version: nil, **target)
      subject = @context.resolve(**target)
      @checks.check(subject, { name: name, version: version }, fresh).require_features(features)
    end

    # Waits until no check is working in the background: call it before the process ends.
    #
    # @param seconds [Numeric, nil] how long at most
    # @return [Boolean] whether none is
    def wait(seconds = nil)
      @checks.wait(seconds)
    end

    # Asks the server in any case. A refusal is a verdict, not an error.
    #
    # @return [Verdict]
    # @raise [NoAnswer]
    # @raise [Problem] if the request was wrong
    def validate(name: nil, version: nil, **target)
      @checks.validate(@context.resolve(**target), { name: name, version: version })
    end

    # Activates the domain, or else the device. Repeating it returns the same activation.
    #
    # @param name [String, nil] a name for the device, for the vendor's list
    # @return [Activation]
    # @raise [Problem] with the code of the refusal, such as "DEVICE_LIMIT_REACHED"
    # @raise [NoAnswer]
    def activate(name: nil, **target)
      subject = @context.resolve(**target)
      answer = Requests.post(@context, "/activate", { **subject.place, name: name }, signing: :lease)
      grant = Requests.read_grant(answer, @context.terms(subject), @context.evidence(subject).record.feed)
      activation = read_activation(grant.body)
      @context.judge(subject, grant.verdict) if grant.verdict
      activation
    end

    # Frees the slot of the domain, or else of the device, and deletes its record.
    #
    # @return [Activation]
    # @raise [Problem, NoAnswer]
    def deactivate(**target)
      subject = @context.resolve(**target)
      answer = Requests.post(@context, "/deactivate", subject.place)
      grant = Requests.read_grant(answer, @context.terms(subject), nil)
      @context.delete_record(subject)
      read_activation(grant.body)
    end

    # Imports a license file.
    #
    # @return [State] with the file
    # @raise [TokenError] if it is not for this app and device
    def import_file(text, features: [], **target)
      import(:add_file, text, features, target)
    end

    # Imports a revocation feed on a device without a connection.
    #
    # @return [State] with the feed
    # @raise [TokenError] if it is not one
    def import_revocations(text, features: [], **target)
      import(:add_revocations, text, features, target)
    end

    # Returns the code with which a device without a connection asks for a license file.
    #
    # @return [OfflineRequest]
    def create_offline_request(name: nil, **target)
      subject = @context.resolve(**target)
      code = OfflineCodes.encode_request(product: subject.product, key: subject.key!, name: name,
                                         fingerprint: subject.fingerprint || @context.device.value,
                                         nonce: SecureRandom.urlsafe_base64(16))
      OfflineRequest.new(code: code, url: "#{@context.url}/offline##{code}")
    end

    # Deletes the license file, and returns the code that frees its slot, such as "7Q4MX-0ZD9K". The same file
    # cannot be imported again.
    #
    # @return [String]
    # @raise [TokenError] without a file that is bound to a device or domain
    def return_file(**target)
      code = nil
      @context.change(@context.resolve(**target)) do |evidence|
        claims = evidence.tokens.find { |token| token.type == Token::FILE }&.claims
        unless claims&.fetch("ret")
          raise TokenError.new("MALFORMED", "There is no license file that can be returned.")
        end

        code = OfflineCodes.return_code(claims["ret"], claims["jti"])
        tombstone = Record::Tombstone.new(code: "FILE_RETURNED", message: "The license of this device was returned.",
                                          at: claims["iat"])
        Ruling.new(record: evidence.record.with(file: nil, tombstone: tombstone))
      end
      code
    end

    # Leaves out the license key.
    def inspect
      "#<#{self.class} #{@context.app_id} #{@context.url}>"
    end

    private

    def import(kind, text, features, target)
      if @context.public_keys.empty?
        raise ArgumentError, "Pass `public_keys` to the client, since files are verified with them."
      end

      subject = @context.resolve(**target)
      text = Bytes.strip(text)
      ruling = @context.change(subject) do |evidence|
        Imports.public_send(kind, evidence, @context.now, text, @context.terms(subject))
      end
      ruling.state.require_features(features)
    end

    def read_activation(body)
      Activation.new(id: Requests.read_text(body, "id"), kind: body["kind"] == "domain" ? :domain : :device,
                     value: Requests.read_text(body, "value"), created_at: Requests.read_time(body, "created_at"),
                     name: body["name"].is_a?(String) ? body["name"] : nil)
    end
  end
end
