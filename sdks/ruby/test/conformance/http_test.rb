# frozen_string_literal: true

require_relative "../test_helper"
require "net/http"
require "securerandom"

class HTTPTest < SuiteTest
  VECTORS = Suite.read("http.json")
  SEAT = "seat_01kf0000000000000000000003"

  # The scenarios are about time, and most of it is spent waiting.
  parallelize_me!

  VECTORS["scenarios"].each do |scenario|
    promise("http.json, #{scenario["id"]}: #{scenario["description"]}") do
      @scenario = scenario
      @problems = Queue.new
      id = URI.encode_www_form_component(scenario["id"]).gsub("+", "%20")
      @url = "#{Suite.fixture_url}/s/#{id}/#{SecureRandom.hex(8)}"
      scenario["steps"].each_with_index { |step, index| play(step, index.zero?) }
      check_requests(scenario["requests"], log)
    end
  end

  def play(step, first)
    @store = Licet::MemoryStore.new if first || step["client"] == "empty"
    @client = start_client if first || step["client"]
    started = Licet::Retries.now
    results = at_once(step["times"] || 1) { run_call(step) }
    seconds = Licet::Retries.now - started
    results.each { |result| assert_matches(step["expected"], result) }
    assert_operator seconds, :<=, step["withinMs"] / 1000.0 if step["withinMs"]
    sleep(0.01) until log.size >= step["thenRequests"].to_i
    assert @client.wait(30)
    return unless step["problem"]

    problems = Array.new(@problems.size) { @problems.pop.code }
    assert_includes problems, step["problem"]
  end

  # Threads that are started one after the other would not run at the same time on a busy machine.
  def at_once(times)
    gate = Queue.new
    threads = Array.new(times) do
      Thread.new do
        gate.pop
        yield
      end
    end
    Thread.pass until gate.num_waiting == times
    times.times { gate.push(true) }
    threads.map(&:value)
  end

  def start_client
    key, product, fingerprint, timeout = @scenario["client"].values_at("key", "product", "fingerprint", "timeoutMs")
    Licet::Client.new(url: @url, app_id: "com.example.conformance", key: key, product: product,
                      fingerprint: fingerprint, store: @store, timeout: timeout / 1000.0,
                      public_keys: @scenario["client"]["pinned"] ? VECTORS["publicKeys"] : [],
                      on_problem: @problems.method(:push))
  end

  def run_call(step)
    send("call_#{step["call"].tr(".", "_")}", step["with"] || {})
  rescue Licet::NoAnswer
    { "throws" => "NoAnswer" }
  rescue Licet::Problem => e
    { "throws" => "ApiProblem", "status" => e.status, "code" => e.code, "details" => e.details }
  end

  def call_check(options)
    state = @client.check(fresh: options["fresh"] || false, features: options["features"] || [])
    { "state" => describe_state(state) }
  end

  def call_validate(_options)
    verdict = @client.validate
    { "verdict" => { "valid" => verdict.valid?, "license" => describe_license(verdict.license),
                     "warnings" => verdict.warnings, "error" => verdict.code, "message" => verdict.message,
                     "details" => verdict.details } }
  end

  def call_activate(_options) = { "ok" => true, "id" => @client.activate.id }
  def call_deactivate(_options) = { "ok" => true, "id" => @client.deactivate.id }
  def call_seats_acquire(_options) = describe_seat(@client.seats.acquire)
  def call_seats_renew(_options) = describe_seat(@client.seats.renew(SEAT))

  def call_seats_release(_options)
    @client.seats.release(SEAT)
    { "ok" => true }
  end

  def call_admin_licenses_create(_options)
    admin = Licet::Admin.new(@url, "licet_fake")
    { "ok" => true, "id" => admin.licenses.create(plan: "professional", customer_email: "dev@example.com")[:id] }
  end

  def describe_seat(seat)
    { "ok" => true, "id" => seat.id, "expiresAt" => describe_time(seat.expires_at) }
  end

  def log
    JSON.parse(Net::HTTP.get(URI("#{@url}/log")))["requests"]
  end

  def check_requests(expected, log)
    assert_includes expected["min"]..expected["max"], log.size
    paths = log.map { |each| each["path"] }
    assert_equal expected["paths"] || paths, paths
    (expected["gapsMs"] || []).each_with_index do |gap, index|
      assert_operator log[index + 1]["atMs"] - log[index]["atMs"], :>=, gap
    end
    check_members(expected, log.map { |each| JSON.parse(each["body"]) })
    header = expected["sameHeader"]
    assert_equal 1, log.map { |each| each["headers"].fetch(header) }.uniq.size if header
  end

  def check_members(expected, bodies)
    bodies.each do |body|
      assert_empty (expected["has"] || []) - body.keys
      assert_empty (expected["hasNot"] || []) & body.keys
    end
    member = expected["distinctMember"]
    assert_equal bodies.size, bodies.map { |body| body.fetch(member) }.uniq.size if member
  end
end
