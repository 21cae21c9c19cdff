# frozen_string_literal: true

require "json"
require "socket"

# A server that answers each request with the next reply, and repeats the last one. A reply is
# [status, body, headers], or nil to close the connection.
class ScriptedServer
  Seen = Struct.new(:verb, :path, :headers, :body, keyword_init: true)

  attr_reader :requests, :url

  def self.open(*replies)
    server = new(replies)
    yield server
  ensure
    server.close
  end

  def initialize(replies)
    @replies = replies
    @requests = []
    @listener = TCPServer.new("127.0.0.1", 0)
    @url = "http://127.0.0.1:#{@listener.addr[1]}"
    @thread = Thread.new { loop { answer(@listener.accept) } }
  end

  def close
    @thread.kill
    @thread.join
    @listener.close
  end

  private

  def answer(socket)
    verb, path = socket.gets.split
    headers = socket.each_line.take_while { |line| line != "\r\n" }.to_h { |line| line.chomp.split(": ", 2) }
    headers.transform_keys!(&:downcase)
    body = socket.read(headers["content-length"].to_i)
    reply = @replies.size > 1 ? @replies.shift : @replies.first
    @requests << Seen.new(verb: verb, path: path, headers: headers, body: body)
    socket.write(format_reply(*reply)) if reply
  ensure
    socket.close
  end

  def format_reply(status, body = {}, headers = {})
    text = body.is_a?(String) ? body : JSON.generate(body)
    headers = { "Content-Type" => "application/json", "Content-Length" => text.bytesize, "Connection" => "close",
                **headers }
    "HTTP/1.1 #{status} Status\r\n#{headers.map { |name, value| "#{name}: #{value}\r\n" }.join}\r\n#{text}"
  end
end
