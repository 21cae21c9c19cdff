# frozen_string_literal: true

require_relative "../test_helper"
require "openssl"
require "socket"
require "tmpdir"

class TransportTest < Minitest::Test
  def create_certificate(key)
    OpenSSL::X509::Certificate.new.tap do |certificate|
      certificate.version = 2
      certificate.serial = 1
      certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=localhost")
      certificate.public_key = key
      certificate.not_before = Time.now - 60
      certificate.not_after = Time.now + 3600
      extensions = OpenSSL::X509::ExtensionFactory.new
      certificate.add_extension(extensions.create_extension("subjectAltName", "DNS:localhost"))
      certificate.sign(key, "SHA256")
    end
  end

  # Yields the port of a server with a certificate of its own, and the path of that.
  def with_tls_server
    key = OpenSSL::PKey::EC.generate("prime256v1")
    context = OpenSSL::SSL::SSLContext.new
    context.add_certificate(certificate = create_certificate(key), key)
    listener = TCPServer.new("localhost", 0)
    thread = Thread.new { loop { answer(OpenSSL::SSL::SSLSocket.new(listener.accept, context)) } }
    Dir.mktmpdir do |directory|
      File.write(path = File.join(directory, "ca.pem"), certificate.to_pem)
      yield listener.addr[1], path
    end
  ensure
    thread.kill.join
    listener.close
  end

  def answer(socket)
    socket.accept
    socket.gets("\r\n\r\n")
    socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    socket.close
  rescue OpenSSL::SSL::SSLError
    nil # The client has refused the certificate.
  end

  def request(port)
    Licet::Request.new(http_method: "GET", url: "https://localhost:#{port}/", headers: {}, timeout: 5, bytes_max: 100)
  end

  def test_an_own_certificate_authority_is_trusted_only_if_it_is_given
    with_tls_server do |port, path|
      assert_equal 404, Licet::Transport.new(ca_file: path).call(request(port)).status
      error = assert_raises(Licet::NoAnswer) { Licet::HTTP.exchange(Licet::Transport.new, request(port)) }
      assert_equal :network, error.reason
      assert_match(/certificate verify failed/, error.message)
    end
  end

  def test_a_wait_follows_retry_after_in_seconds_or_as_a_date
    find = ->(value) { Licet::Response.new(status: 503, headers: { "retry-after" => value }).retry_after }
    assert_equal [7, nil, nil], [find["7"], find["soon"], find[nil]]
    assert_in_delta 30, find[(Time.now + 30).httpdate], 2
    assert_equal 0, find[(Time.now - 30).httpdate]
  end

  def test_waits_grow_up_to_a_limit_and_end_with_the_time
    failure = Licet::NoAnswer.new(:timeout, "")
    wait = lambda do |attempt, elapsed = 0, **limits|
      Licet::Retries.wait_after(failure, attempt, elapsed, 1, **{ attempts: 9, total: 10, **limits })
    end
    assert_equal [0.5, 1, 2, 4, 4], ((1..5).map { |attempt| wait[attempt] })
    assert_nil wait[1, 9.6]
    assert_nil wait[3, attempts: 3]
    assert_nil Licet::Retries.wait_after(Licet::NoAnswer.new(:signature, ""), 1, 0, 1, attempts: 3, total: 10)
  end

  def test_the_address_of_a_server_may_have_a_path
    assert_equal "https://example.com/licet", Licet::HTTP.base_url("https://example.com/licet//")
    ["", nil, "example.com", "ftp://example.com", "https://", "https://a@example.com", "https://example.com?a=1",
     "https://example.com/ b"].each { |url| assert_raises(ArgumentError, url) { Licet::HTTP.base_url(url) } }
  end
end

class DocumentationTest < Minitest::Test
  def test_every_example_in_the_readme_is_ruby
    examples = File.read(File.expand_path("../../README.md", __dir__)).scan(/^```ruby\n(.*?)^```/m).flatten
    assert_operator examples.size, :>, 7
    examples.each { |code| RubyVM::InstructionSequence.compile(code) }
  end
end
