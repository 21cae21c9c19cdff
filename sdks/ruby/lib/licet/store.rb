# frozen_string_literal: true

require "fileutils"
require "rbconfig"
require "securerandom"

module Licet
  # Keeps texts in memory, as long as the process. A store is any object with these three methods, which
  # threads may call at the same time. Names consist of letters, digits and dashes.
  class MemoryStore
    def initialize
      @mutex = Mutex.new
      @texts = {}
    end

    # @return [String, nil]
    def get(name)
      @mutex.synchronize { @texts[name] }
    end

    def put(name, text)
      @mutex.synchronize { @texts[name] = text }
    end

    def delete(name)
      @mutex.synchronize { @texts.delete(name) }
    end
  end

  # Keeps one file per name, readable by its owner only and never half written.
  class FileStore
    RENAMES_MAX = 5
    private_constant :RENAMES_MAX

    # Returns the directory in which the operating system keeps the settings of an app.
    def self.directory(app_id, host_os: RbConfig::CONFIG["host_os"], env: ENV)
      base =
        case host_os
        when /mswin|mingw/ then env["LOCALAPPDATA"] || File.join(Dir.home, "AppData", "Local")
        when /darwin/ then File.join(Dir.home, "Library", "Application Support")
        else env["XDG_CONFIG_HOME"].to_s.empty? ? File.join(Dir.home, ".config") : env["XDG_CONFIG_HOME"]
        end
      File.join(base, app_id)
    end

    def initialize(directory)
      @directory = directory
    end

    # @return [String, nil]
    def get(name)
      File.read(locate(name), encoding: "UTF-8")
    rescue Errno::ENOENT, Errno::ENOTDIR
      nil
    end

    def put(name, text)
      FileUtils.mkdir_p(@directory, mode: 0o700)
      temporary = "#{locate(name)}.#{SecureRandom.hex(8)}.tmp"
      File.open(temporary, File::WRONLY | File::CREAT | File::EXCL, 0o600, encoding: "UTF-8") do |file|
        file.write(text)
        file.fsync
      end
      replace(temporary, locate(name))
    rescue SystemCallError
      FileUtils.rm_f(temporary) if temporary
      raise
    end

    def delete(name)
      File.delete(locate(name))
    rescue Errno::ENOENT, Errno::ENOTDIR
      nil
    end

    private

    def locate(name)
      File.join(@directory, "#{name}.json")
    end

    # On Windows, a file cannot be replaced while another process reads it.
    def replace(temporary, path)
      attempt ||= 1
      File.rename(temporary, path)
    rescue Errno::EACCES, Errno::EPERM
      raise if attempt == RENAMES_MAX

      sleep(0.01 * attempt)
      attempt += 1
      retry
    end
  end

  # Keeps working when a store does not: what cannot be written stays in memory, up to a limit, and is read
  # from there. Each failure is reported.
  # @api private
  class FallbackStore
    UNWRITTEN_MAX = 1000

    def initialize(store, report)
      @store = store
      @report = report
      @mutex = Mutex.new
      # The value is nil for what could not be deleted.
      @unwritten = {}
    end

    def get(name)
      @mutex.synchronize { return @unwritten[name] if @unwritten.key?(name) }
      @store.get(name)
    rescue StandardError => e
      @report.call(e)
      nil
    end

    def put(name, text)
      write(name, text) { @store.put(name, text) }
    end

    def delete(name)
      write(name, nil) { @store.delete(name) }
    end

    private

    def write(name, text)
      yield
      @mutex.synchronize { @unwritten.delete(name) }
    rescue StandardError => e
      @mutex.synchronize do
        @unwritten.clear if @unwritten.size >= UNWRITTEN_MAX
        @unwritten[name] = text
      end
      @report.call(e)
    end
  end
end
