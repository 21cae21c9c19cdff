# frozen_string_literal: true

module Licet
  # Attempts at a request. Times are in seconds.
  # @api private
  module Retries
    FIRST_WAIT_MAX = 0.5
    WAIT_MAX = 4
    # A longer Retry-After is not waited for.
    RETRY_AFTER_MAX = 60
    # A captive portal or a wrong signature would be the same again.
    PASSING_REASONS = %i[timeout network status].freeze
    # A request that is repeated while its first attempt still runs gets this code with the status 409.
    STILL_RUNNING = "idempotency_in_progress"

    module_function

    # Whether a server that answers with a status may answer with another one soon.
    def passing_status?(status)
      status >= 500 || [408, 425, 429].include?(status)
    end

    # Returns how long to wait before the next attempt, or nil to give up. `attempt` counts from 1, and `random`
    # is from 0 to 1.
    def wait_after(failure, attempt, elapsed, random, attempts:, total:)
      return if attempt >= attempts || !passing?(failure)

      wait = failure.retry_after || (random * [FIRST_WAIT_MAX * (2**(attempt - 1)), WAIT_MAX].min)
      wait if wait <= RETRY_AFTER_MAX && elapsed + wait < total
    end

    # Yields the seconds that are left, until the block returns, fails for good, or the limits are reached.
    def run(attempts:, total:)
      started = now
      attempt = 1
      begin
        yield total - (now - started)
      rescue NoAnswer, Problem => e
        wait = wait_after(e, attempt, now - started, rand, attempts: attempts, total: total)
        raise if wait.nil?

        sleep(wait)
        attempt += 1
        retry
      end
    end

    # Never jumps, unlike the time of day.
    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def passing?(failure)
      return PASSING_REASONS.include?(failure.reason) if failure.is_a?(NoAnswer)

      passing_status?(failure.status) || failure.code == STILL_RUNNING
    end

    private_class_method :passing?
  end
end
