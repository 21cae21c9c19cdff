# frozen_string_literal: true

require_relative "live_helper"
require "open3"
require "rbconfig"
require "tmpdir"

# Programs of users, with the gem as it is installed.
class ProgramsTest < Minitest::Test
  include Live

  FOLDER = File.expand_path("../..", __dir__)
  NOTES = File.join(FOLDER, "examples", "notes.rb")

  # Runs a program on a device whose files are in a directory.
  def run_program(path, *arguments, directory:, key:, url: URL, input: "")
    env = { "LICET_URL" => url, "LICENSE_KEY" => key, "LICET_PUBLIC_KEYS" => PUBLIC_KEYS.join(","),
            "XDG_CONFIG_HOME" => directory, "LICET_FINGERPRINT" => directory, "RUBYLIB" => nil }
    output, = Open3.capture2e(env, RbConfig.ruby, "-w", path, *arguments, stdin_data: input)
    output.strip
  end

  def test_the_first_example_of_the_documentation_runs_unmodified
    Dir.mktmpdir do |directory|
      path = File.join(directory, "example.rb")
      File.write(path, File.read(File.join(FOLDER, "README.md"))[/^```ruby\n(require "licet"\n.*?)^```/m, 1])
      assert_equal "licensed", run_program(path, directory: directory, key: issue[:key])
    end
  end

  def test_the_example_works_without_a_server_and_limits_a_feature
    key = issue[:key]
    Dir.mktmpdir do |directory|
      [URL, NOWHERE].each do |url|
        device = { directory: directory, key: key, url: url }
        assert_equal "Buy milk.", run_program(NOTES, "show", **device)
        assert_includes run_program(NOTES, "export", **device), "FEATURE_NOT_INCLUDED"
      end
    end
    Dir.mktmpdir do |directory|
      output = run_program(NOTES, "show", directory: directory, key: "an-unknown-license-key")
      assert_includes output, "LICENSE_NOT_FOUND"
    end
  end

  def test_the_example_uses_a_license_file
    Dir.mktmpdir do |directory|
      key = issue[:key]
      device = { directory: directory, key: key, url: NOWHERE }
      request = run_program(NOTES, "license", "request", **device)
      file = admin.request("POST", "/api/v1/offline/activate", { request: request })[:file]
      assert_equal "licensed file", run_program(NOTES, "license", "import", input: file, **device)
      code = run_program(NOTES, "license", "return", **device)
      admin.request("POST", "/api/v1/offline/deactivate", { key: key, code: code })
      assert_match(/\Arefused cache/, run_program(NOTES, "license", **device))
    end
  end
end
