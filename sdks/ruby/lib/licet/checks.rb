# frozen_string_literal: true

module Licet
  # Checks licenses, and refreshes their records in threads of its own.
  # @api private
  class Checks
    # A refresh is due earlier by up to this part of its time, so that not all apps ask at once.
    JITTER_MAX = 0.1
    # The time between two refreshes in the background, which fail or do not help if the clock is wrong.
    PAUSE_SECONDS = 60
    # A server may check the licenses of many customers with one client.
    PAUSES_MAX = 1000

    Refreshed = Value.define(:state, :verdict, :failure)

    def initialize(context)
      @context = context
      @jitter = rand * JITTER_MAX
      @mutex = Mutex.new
      @running = {}
      @paused_until = {}
    end

    def check(subject, notes, fresh)
      state, due = judge(subject)
      return explain_missing_key(state) if subject.key.nil?
      return refresh_once(subject, notes, attempts_for(state)).value.state if fresh || !state.allowed?

      refresh_once(subject, notes, 1) if due && start_pause(subject.record_name)
      state
    end

    def validate(subject, notes)
      subject.key!
      refreshed = refresh(subject, notes, attempts_for(@context.judge(subject).state))
      refreshed.verdict || raise(refreshed.failure)
    end

    # Waits until no refresh is running, and returns whether that is so.
    def wait(seconds)
      deadline = seconds && (Retries.now + seconds)
      while (thread = @mutex.synchronize { @running.each_value.find(&:alive?) })
        return false unless thread.join(deadline && [deadline - Retries.now, 0].max)
      end
      true
    end

    private

    def judge(subject)
      almost_due = false
      ruling = @context.change(subject) do |evidence|
        almost_due = almost_due?(evidence)
        Judge.rule(evidence, @context.now, nil, @context.terms(subject))
      end
      [ruling.state, ruling.refresh || almost_due]
    end

    def almost_due?(evidence)
      now = @context.now
      lease = evidence.tokens.find(&:lease?)
      return now >= lease.claims["rfa"] - ((lease.claims["rfa"] - lease.iat) * @jitter) if lease

      answer = evidence.record.answer
      !answer.nil? && now >= answer.at + (@context.refresh * (1 - @jitter))
    end

    # With a usable record, a server that does not answer is asked only once.
    def attempts_for(state)
      state.unknown? ? Requests::ATTEMPTS : 1
    end

    # Whether a refresh in the background may start. Notes that it does.
    def start_pause(name)
      @mutex.synchronize do
        return false if Retries.now < @paused_until.fetch(name, 0)

        @paused_until.clear if @paused_until.size >= PAUSES_MAX
        @paused_until[name] = Retries.now + PAUSE_SECONDS
      end
    end

    # Returns the thread that refreshes a record. Calls at the same time share it. It is not alive in a process
    # that was forked meanwhile.
    def refresh_once(subject, notes, attempts)
      name = subject.record_name
      @mutex.synchronize do
        running = @running[name]
        return running if running&.alive?

        @running[name] = Thread.new { refresh_and_report(name, subject, notes, attempts) }.tap do |thread|
          thread.name = "licet"
          thread.report_on_exception = false
        end
      end
    end

    def refresh_and_report(name, subject, notes, attempts)
      refreshed = refresh(subject, notes, attempts)
      @context.report(refreshed.failure) if refreshed.failure
      refreshed
    rescue StandardError => e
      # Nobody may be waiting for this thread.
      @context.report(e)
      raise
    ensure
      @mutex.synchronize { @running.delete(name) if @running[name] == Thread.current }
    end

    # Validates a license, and changes its record by the verdict.
    def refresh(subject, notes, attempts)
      verdict = failure = nil
      begin
        answer = Requests.post(@context, "/validate", { **subject.to_h, **notes }, signing: :lease, attempts: attempts)
      rescue NoAnswer => e
        failure = e
      end
      ruling = @context.change(subject) do |evidence|
        begin
          verdict = answer && read(answer, subject, evidence)
        rescue NoAnswer, Problem => e
          failure = e
        end
        Judge.rule(evidence, @context.now, verdict, @context.terms(subject))
      end
      Refreshed.new(state: ruling.state, verdict: verdict, failure: failure)
    end

    def read(answer, subject, evidence)
      Verdict.read(answer.response, answer.proof, @context.terms(subject), evidence.record.feed)
    end

    # Without a license key, the server was not asked.
    def explain_missing_key(state)
      state.code == "NO_ANSWER" ? state.with(message: "There is no license key yet.") : state
    end
  end
end
