# frozen_string_literal: true

require_relative "../test_helper"
require_relative "scripted_server"
require "tmpdir"

class ClientTest < Minitest::Test
  NOWHERE = "http://127.0.0.1:9"
  KEY = "TO-04HM-ASW9-NF6Y-Y0CN"
  VALID = [200, { valid: true, license: { id: "lic_1", plan: "pro", features: { sso: true, projects: 0 },
                                          expiresAt: nil }, warnings: [] }].freeze

  def client(url = NOWHERE, **options)
    Licet::Client.new(url: url, app_id: "unit", key: KEY, store: Licet::MemoryStore.new, fingerprint: "device",
                      timeout: 2, **options)
  end

  def test_wrong_options_are_refused_with_the_name_of_the_option
    { url: "licenses.example.com", app_id: "../etc", timeout: 0, refresh: -1, hard_limit: "1 d",
      public_keys: ["short"], unknown: 1 }.each do |name, value|
      error = assert_raises(ArgumentError) { Licet::Client.new(**{ url: NOWHERE, app_id: "unit", name => value }) }
      assert_match(/#{name}/, error.message)
    end
  end

  def test_a_public_key_of_small_order_is_refused
    identity = ["01#{"00" * 31}"].pack("H*")
    assert_raises(ArgumentError) { client(public_keys: [Licet::Bytes.base64url(identity)]) }
  end

  def test_the_license_key_and_the_api_key_are_not_shown_by_inspect
    refute_includes client.inspect, KEY
    refute_includes Licet::Admin.new(NOWHERE, "licet_fake").inspect, "licet_fake"
  end

  def test_texts_that_are_not_utf8_do_not_stop_a_check
    state = client(key: "\xff-1234567890123456").check(name: "\xe9".b, domain: "b\xfccher.de".b)
    assert_equal "NO_ANSWER", state.code
  end

  def test_a_check_without_a_key_asks_nobody
    state = client(key: nil).check
    assert_equal [:unknown, "NO_ANSWER", "There is no license key yet."], [state.status, state.code, state.message]
    assert_raises(ArgumentError) { client(key: " ").validate }
  end

  def test_a_key_is_sent_as_it_is_meant
    ScriptedServer.open(VALID) do |server|
      assert_predicate client(server.url, key: " to04hm asw9 nf6y yocn\n").check, :licensed?
      assert_equal KEY, JSON.parse(server.requests.first.body)["key"]
      assert_equal "licet-ruby/#{Licet::VERSION}", server.requests.first.headers["user-agent"]
    end
  end

  def test_a_domain_takes_the_place_of_the_device
    ScriptedServer.open(VALID) do |server|
      client(server.url, fingerprint: nil).check(domain: "example.com", name: "Shop")
      assert_equal %w[domain key name], JSON.parse(server.requests.first.body).keys.sort
    end
  end

  def test_a_feature_that_is_zero_or_missing_is_not_included
    ScriptedServer.open(VALID) do |server|
      client = client(server.url)
      assert_predicate client.check(features: ["sso"]), :allowed?
      %w[projects audit].each { |name| assert_equal "FEATURE_NOT_INCLUDED", client.check(features: name).code }
    end
  end

  def test_states_can_be_matched_by_patterns
    ScriptedServer.open(VALID) do |server|
      client(server.url).check => { status: :licensed, license: { plan: } }
      assert_equal "pro", plan
    end
  end

  def test_a_store_that_fails_is_reported_and_does_not_stop_a_check
    broken = Object.new
    %i[get put delete].each { |name| broken.define_singleton_method(name) { |*| raise IOError, "broken" } }
    problems = []
    ScriptedServer.open(VALID) do |server|
      client = client(server.url, store: broken, on_problem: problems.method(:push))
      assert_equal :server, client.check.source
      assert_equal :cache, client.check.source
    end
    assert_includes problems.map(&:message), "broken"
  end

  def test_a_mistake_in_the_callback_does_not_stop_a_check
    assert_predicate client(on_problem: ->(_) { raise "mistake" }).check, :unknown?
  end

  def test_a_license_outlives_a_restart_during_an_outage
    Dir.mktmpdir do |directory|
      store = Licet::FileStore.new(File.join(directory, "new", "app"))
      ScriptedServer.open(VALID) { |server| client(server.url, store: store).check }
      assert_equal :cache, client(store: store).check.source
      paths = Dir.glob(File.join(directory, "new", "app", "*"))
      modes = paths.map { |path| File.stat(path).mode }
      assert_equal [0o100600], modes
    end
  end

  def test_a_child_of_a_fork_checks_on_its_own
    ScriptedServer.open([503, {}, { "Retry-After" => "1" }], VALID) do |server|
      client = client(server.url)
      waiting = Thread.new { client.check }
      sleep(0.01) while server.requests.empty?
      reader, writer = IO.pipe
      pid = fork { exit!(writer.write(client.check.source.to_s).positive?) }
      writer.close
      Process.wait(pid)
      assert_equal "server", reader.read
      assert_predicate waiting.value, :licensed?
    end
  end

  def test_another_transport_can_be_used
    transport = lambda do |request|
      assert_equal ["POST", "#{NOWHERE}/api/v1/validate"], [request.http_method, request.url]
      Licet::Response.new(status: 200, headers: {}, body: JSON.generate(VALID.last))
    end
    assert_predicate client(transport: transport).check, :licensed?
    failing = ->(_request) { raise "no network" }
    assert_equal "NO_ANSWER", client(transport: failing).check.code
  end

  def test_the_environment_chooses_the_proxy
    ScriptedServer.open(VALID) do |proxy|
      with_env("http_proxy" => proxy.url, "no_proxy" => nil) do
        assert_predicate client("http://licenses.example.com").check, :licensed?
      end
      assert_equal "http://licenses.example.com/api/v1/validate", proxy.requests.first.path
      assert_predicate client("http://other.example.com", transport: Licet::Transport.new(proxy: proxy.url)).check,
                       :licensed?
    end
  end

  def with_env(changes)
    before = changes.keys.to_h { |name| [name, ENV.fetch(name, nil)] }
    ENV.update(changes)
    yield
  ensure
    ENV.update(before)
  end

  def test_verify_reads_no_license_in_any_other_text
    state = Licet.verify("no license", [])
    assert_equal [:unknown, :none, "MALFORMED"], [state.status, state.source, state.code]
  end

  def test_the_configuration_directory_is_that_of_the_system
    find = ->(os, env = {}) { Licet::FileStore.directory("app", host_os: os, env: env) }
    assert_equal "#{Dir.home}/.config/app", find["linux-gnu"]
    assert_equal "/config/app", find["linux-gnu", { "XDG_CONFIG_HOME" => "/config" }]
    assert_equal "#{Dir.home}/Library/Application Support/app", find["darwin22"]
    assert_equal "C:/Local/app", find["mingw32", { "LOCALAPPDATA" => "C:/Local" }]
  end

  def test_a_random_fingerprint_is_kept_in_the_store
    store = Licet::MemoryStore.new
    find = -> { Licet::Fingerprint.find("app", store, env: {}, machine_id: -> {}) }
    assert_equal find.call, find.call
    assert_equal :random, find.call.kind
  end
end
