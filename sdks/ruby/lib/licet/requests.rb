# frozen_string_literal: true

require "json"
require "securerandom"

module Licet
  # Requests of an app.
  # @api private
  module Requests
    ATTEMPTS = 3
    TOTAL_SECONDS = 10
    RESPONSE_BYTES_MAX = 1024 * 1024
    USER_AGENT = "licet-ruby/#{VERSION}".freeze
    HEADERS = { "content-type" => "application/json", "accept" => "application/json",
                "user-agent" => USER_AGENT }.freeze
    # The body of a status that decides nothing, or of a redirect, is not worth a wait.
    READS = ->(status) { !status.between?(300, 399) && !Retries.passing_status?(status) }

    Answer = Value.define(:response, :proof)
    # What the server has granted, with its signed verdict if keys are pinned.
    Grant = Value.define(:body, :verdict)

    module_function

    # Posts fields, and returns the response with what it must prove. With pinned keys, `signing` says what is to
    # be signed: :lease, :answer or nil. Raises NoAnswer if all attempts fail.
    def post(context, path, fields, signing: nil, attempts: ATTEMPTS)
      signing = nil if context.public_keys.empty?
      Retries.run(attempts: attempts, total: TOTAL_SECONDS) do |remaining|
        nonce = SecureRandom.urlsafe_base64(16) if signing
        body = encode({ **fields, lease: signing == :lease || nil, nonce: nonce })
        response = HTTP.exchange(context.transport, request(context, path, body, remaining))
        check_status(response)
        Answer.new(response: response, proof: Verification::Proof.new(nonce: nonce, body: body, route: path))
      end
    end

    # Returns what the server has granted. Raises Problem if it refuses, and NoAnswer if the response is not one
    # of Licet or, with a nonce, not signed.
    def read_grant(answer, terms, feed)
      response = answer.response
      body = JSONReader.parse_object(response.body.to_s)
      raise response.error if response.status != 200 || body.nil?
      return Grant.new(body: body) unless answer.proof.nonce

      verdict = Verdict.read(response, answer.proof, terms, feed)
      return Grant.new(body: body, verdict: verdict) if verdict.valid?

      raise NoAnswer.new(:signature, "The response grants what its signature refuses.")
    end

    # Returns a member of a response that is a text.
    def read_text(body, name)
      return body[name] if body[name].is_a?(String)

      raise NoAnswer.new(:not_licet, "The response has no \"#{name}\".")
    end

    # Returns a member of a response that is a time.
    def read_time(body, name)
      License.parse_time(body[name]) || raise(NoAnswer.new(:not_licet, "\"#{name}\" in the response is not a time."))
    end

    def encode(fields)
      JSON.generate(fields.compact.transform_values { |value| value.is_a?(String) ? Bytes.utf8(value) : value })
    end

    def request(context, path, body, remaining)
      Request.new(http_method: "POST", url: "#{context.url}/api/v1#{path}", headers: HEADERS, body: body,
                  timeout: [context.timeout, remaining].min.clamp(0.001..), bytes_max: RESPONSE_BYTES_MAX, reads: READS)
    end

    def check_status(response)
      return unless Retries.passing_status?(response.status)

      message = "The server answered with status #{response.status}."
      raise NoAnswer.new(:status, message, status: response.status, retry_after: response.retry_after)
    end

    private_class_method :encode, :request, :check_status
  end
end
