# frozen_string_literal: true

require "json"
require "securerandom"
require_relative "../licet"
require_relative "admin/list"
require_relative "admin/resources"

module Licet
  # The management API, for your own servers: its API key must never be part of an app.
  #
  # Calls take and return the objects of the API as they are, with symbols as names. Their last argument is a
  # Hash of options: `idempotency_key` of a POST, `if_match` (the version of a license that is changed),
  # `timeout` and `retries`. They raise Problem if the server answers with an error, and NoAnswer if there is
  # no response, in both cases after the retries.
  class Admin
    BODY_BYTES_MAX = 64 * 1024 * 1024
    # A POST is idempotent, because it always has an Idempotency-Key.
    REPEATED_METHODS = %w[GET HEAD PUT DELETE POST].freeze
    OPTIONS = %i[query idempotency_key if_match timeout retries].freeze
    JSON_TYPE = %r{\Aapplication/(?:[\w.]+\+)?json\b}i
    private_constant :BODY_BYTES_MAX, :REPEATED_METHODS, :OPTIONS, :JSON_TYPE

    # @return [Licenses]
    attr_reader :licenses
    # @return [Plans]
    attr_reader :plans
    # @return [Products]
    attr_reader :products
    # @return [WebhookEndpoints]
    attr_reader :webhooks
    # @return [Events]
    attr_reader :events

    # @param url [String] the address of the server
    # @param token [String] an API key such as "licet_…"
    # @param timeout [Numeric] the seconds for each attempt
    # @param retries [Integer] how often a request is repeated after a failure that may pass
    # @param transport [#call] see Transport
    def initialize(url, token, timeout: 30, retries: 2, transport: Transport.new)
      raise ArgumentError, "Licet::Admin needs an API key." if token.to_s.strip.empty?

      @url = HTTP.base_url(url)
      @token = token.strip
      @defaults = { timeout: timeout, retries: retries }
      @transport = transport
      @licenses = Licenses.new(self)
      @plans = Plans.new(self)
      @products = Products.new(self)
      @webhooks = WebhookEndpoints.new(self)
      @events = Events.new(self)
    end

    # Sends any other request of the API, such as `request("GET", "/api/v1/mails", nil, query: { limit: 5 })`.
    #
    # @return [Hash, Array, String, nil] the JSON of the response, its text if it is not JSON, or nil without a body
    def request(method, path, body = nil, options = {})
      unknown = options.keys - OPTIONS
      raise ArgumentError, "These options do not exist: #{unknown.join(", ")}." if unknown.any?

      method = method.to_s.upcase
      message = build(method, path, body, { **@defaults, **options.compact })
      retries = REPEATED_METHODS.include?(method) ? options[:retries] || @defaults[:retries] : 0
      Retries.run(attempts: retries + 1, total: Float::INFINITY) { read(HTTP.exchange(@transport, message)) }
    end

    # Leaves out the API key.
    def inspect
      "#<#{self.class} #{@url}>"
    end

    private

    def build(method, path, body, options)
      # Without the slash, the path could change the host.
      raise ArgumentError, "A path starts with a slash, unlike #{path}." unless path.start_with?("/")

      Request.new(http_method: method, url: @url + path + encode_query(path, options[:query]),
                  headers: headers(method, body, options), body: body.nil? ? nil : JSON.generate(body),
                  timeout: options[:timeout], bytes_max: BODY_BYTES_MAX)
    end

    # A list is joined with commas, and nil is left out.
    def encode_query(path, query)
      pairs = (query || {}).compact.map { |name, value| [name, Array(value).join(",")] }
      return "" if pairs.empty?

      (path.include?("?") ? "&" : "?") + URI.encode_www_form(pairs)
    end

    def headers(method, body, options)
      key = options[:idempotency_key] || SecureRandom.uuid if method == "POST"
      version = options[:if_match]
      { "accept" => "application/json", "authorization" => "Bearer #{@token}",
        "user-agent" => Requests::USER_AGENT, "idempotency-key" => key,
        "if-match" => version && %("#{version}"),
        "content-type" => body.nil? ? nil : "application/json" }.compact
    end

    def read(response)
      is_json = response.headers["content-type"].to_s.match?(JSON_TYPE)
      unless response.status.between?(200, 299)
        request_id = response.headers["x-request-id"]
        problem = is_json ? response.json : {}
        raise Problem.new(response.status, problem, request_id: request_id, retry_after: response.retry_after)
      end

      text = Bytes.utf8(response.body)
      return text.empty? ? nil : text unless is_json

      JSON.parse(text, symbolize_names: true)
    rescue JSON::ParserError
      raise NoAnswer.new(:not_licet, "The response is not JSON, although it says so.", status: response.status)
    end
  end
end
