# frozen_string_literal: true

require "net/http"
require "time"
require "timeout"
require "uri"

module Licet
  # A request, as a transport gets it. `timeout` is in seconds and includes the body of the response, which
  # is not read if `reads` does not want that of its status.
  Request = Value.define(:http_method, :url, :headers, :body, :timeout, :bytes_max, :reads)

  # A response, as a transport returns it. The names of headers are in lower case.
  Response = Value.define(:status, :headers, :body) do
    # Returns the JSON object in the body, or an empty one.
    def json
      JSONReader.parse_object(body.to_s) || {}
    end

    # Returns the time of the server in seconds, or nil.
    # @api private
    def date
      headers["date"] && Time.httpdate(headers["date"]).to_i
    rescue ArgumentError
      nil
    end

    # How many seconds the server asks to wait (RFC 9110, §10.2.3), or nil.
    # @api private
    def retry_after
      value = headers["retry-after"]
      return value.to_i if value&.match?(/\A[0-9]+\z/)

      value && [Time.httpdate(value) - Time.now, 0].max
    rescue ArgumentError
      nil
    end

    # Returns what a response reports that grants nothing: a problem, or nothing that counts.
    # @api private
    def error
      members = json
      return Problem.new(status, members) if status.between?(400, 499) && members["code"].is_a?(String)

      NoAnswer.new(:not_licet, "The response with status #{status} does not come from Licet.", status: status)
    end
  end

  # Sends requests with Net::HTTP. Pass another object with the method `call` to use another library.
  class Transport
    # @param proxy [String, Symbol, nil] the URL of a proxy, nil for none, or :environment for that of the
    #   variables http_proxy, https_proxy and no_proxy
    # @param ca_file [String, nil] the path of certificate authorities, in place of those of the system
    def initialize(proxy: :environment, ca_file: nil)
      @proxy = proxy.is_a?(String) ? URI(proxy) : proxy
      @ca_file = ca_file
    end

    # @param request [Request]
    # @return [Response] also for redirects, which are not followed
    # @raise [StandardError] if there is no response
    def call(request)
      uri = URI(request.url)
      # The timeouts of Net::HTTP are for each read, so a slow response would never end.
      Timeout.timeout(request.timeout) do
        connect(uri, request.timeout).start { |http| exchange(http, uri, request) }
      end
    end

    private

    def connect(uri, timeout)
      http = Net::HTTP.new(uri.hostname, uri.port, *proxy_arguments)
      http.use_ssl = uri.scheme == "https"
      http.ca_file = @ca_file if @ca_file
      http.open_timeout = http.read_timeout = http.write_timeout = timeout
      http.max_retries = 0
      http
    end

    def proxy_arguments
      return @proxy == :environment ? [] : [nil] unless @proxy.is_a?(URI)

      [@proxy.hostname, @proxy.port, @proxy.user, @proxy.password]
    end

    def exchange(http, uri, request)
      # Without an encoding, the size of the response is that of its bytes.
      headers = { "accept-encoding" => "identity", **request.headers }
      verb = request.http_method
      message = Net::HTTPGenericRequest.new(verb, !request.body.nil?, verb != "HEAD", uri.request_uri, headers)
      message.body = request.body
      result = nil
      http.request(message) do |response|
        result = read(response, request)
        # What is left of the body is not worth a wait.
        return result unless result.body
      end
      result
    end

    def read(response, request)
      status = response.code.to_i
      body = read_body(response, request.bytes_max) if request.reads.nil? || request.reads.call(status)
      Response.new(status: status, headers: response.each_header.to_h, body: body)
    end

    def read_body(response, bytes_max)
      body = String.new(encoding: "BINARY")
      response.read_body do |chunk|
        body << chunk
        raise NoAnswer.new(:too_large, "The response has more than #{bytes_max} bytes.") if body.bytesize > bytes_max
      end
      body
    end
  end

  # @api private
  module HTTP
    module_function

    # Returns the address of a server without a slash at its end.
    def base_url(text)
      uri = URI.parse(text.to_s)
      valid = uri.is_a?(URI::HTTP) && !uri.host.to_s.empty? && [uri.query, uri.fragment, uri.userinfo].none?
      raise URI::InvalidURIError unless valid

      uri.to_s.sub(%r{/+\z}, "")
    rescue URI::InvalidURIError
      raise ArgumentError, "url must be the address of the server, such as https://licenses.example.com"
    end

    # Sends one request. Raises NoAnswer if there is no response, or a redirect.
    def exchange(transport, request)
      response = transport.call(request)
      return response unless response.status.between?(300, 399)

      raise NoAnswer.new(:not_licet, "The address redirects, which Licet never does.", status: response.status)
    rescue Error
      raise
    rescue Timeout::Error
      raise NoAnswer.new(:timeout, "There was no answer within #{request.timeout.round(1)} seconds.")
    rescue StandardError => e
      raise NoAnswer.new(:network, "The server cannot be reached: #{e.message}")
    end
  end
end
