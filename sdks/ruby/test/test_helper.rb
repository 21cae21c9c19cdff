# frozen_string_literal: true

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))

require "json"
require "minitest/autorun"
require "licet"
require "licet/admin"

# Prints each test as a line of the Test Anything Protocol, if the variable TAP is set.
class TapReporter < Minitest::AbstractReporter
  def record(result)
    title = result.name.delete_prefix("test_").tr("\n", " ")
    title = title.tr("_", " ") unless title.include?(" ")
    $stdout.puts("#{"not " unless result.passed?}ok - #{title}")
  end
end

module Minitest
  def self.plugin_tap_init(_options)
    reporter << TapReporter.new if ENV["TAP"]
  end
end
Minitest.extensions << "tap"

# Test cases of the conformance suite.
module Suite
  FOLDER = File.expand_path("../../conformance", __dir__)
  MAJOR = "1."

  def self.read(name)
    vectors = JSON.parse(File.read(File.join(FOLDER, "vectors", name), encoding: "UTF-8"))
    raise "#{name} is of version #{vectors["version"]}" unless vectors["version"].start_with?(MAJOR)

    vectors
  end

  # Starts the fixture server, once for all tests, and returns its address.
  def self.fixture_url
    @fixture_url ||= begin
      server = IO.popen(["bun", File.join(FOLDER, "fixture.ts")])
      Minitest.after_run do
        Process.kill("TERM", server.pid)
        server.close
      end
      JSON.parse(server.gets).fetch("url")
    end
  end
end

class SuiteTest < Minitest::Test
  # Defines a test for a case.
  def self.promise(title, &block)
    name = "test_#{title}"
    # Cases without an ID may have the same words.
    name += " (again)" while method_defined?(name)
    define_method(name, &block)
  end

  # Compares what is expected: a member that is null there must be null or absent.
  def assert_matches(expected, actual, path = "it")
    expected.each do |name, value|
      own = actual[name]
      next assert_matches(value, own, "#{path}.#{name}") if %w[state verdict].include?(name) && value.is_a?(Hash)

      value, own = [value, own].map { |each| drop_nil(each) }
      assert(value == own, "#{path}.#{name} is #{own.inspect} instead of #{value.inspect} in #{actual}")
    end
  end

  def drop_nil(value)
    case value
    when Hash then value.compact.transform_values { |each| drop_nil(each) }
    when Array then value.map { |each| drop_nil(each) }
    else value
    end
  end

  def describe_state(state)
    { "allowed" => state.allowed?, "status" => state.status.to_s, "source" => state.source.to_s,
      "code" => state.code, "message" => state.message, "license" => describe_license(state.license),
      "warnings" => state.warnings, "staleSince" => describe_time(state.stale_since),
      "refreshAfter" => describe_time(state.refresh_after), "validUntil" => describe_time(state.valid_until) }
  end

  def describe_license(license)
    license && { "id" => license.id, "plan" => license.plan, "features" => license.features,
                 "expiresAt" => describe_time(license.expires_at) }
  end

  def describe_time(time)
    time&.iso8601(time.subsec.zero? ? 0 : 3)
  end
end
