# frozen_string_literal: true

module Licet
  # What a license must be for, and the rules by which it is judged. Times are in seconds.
  # @api private
  Terms = Value.define(:public_keys, :product, :fingerprint, :domain, :refresh, :hard_limit, :built_at)

  # A record with those of its tokens whose signatures are good.
  # @api private
  Evidence = Value.define(:record, :tokens) do
    # Opens the lease and the file of a record. One that cannot be opened counts as absent.
    def self.open(record, public_keys)
      texts = public_keys.empty? ? {} : { Token::LEASE => record.lease, Token::FILE => record.file }
      tokens = texts.compact.filter_map do |type, text|
        Token.parse(text, type, public_keys)
      rescue TokenError
        nil
      end
      new(record: record, tokens: tokens)
    end
  end

  # The state, the record to store, and whether the server should be asked.
  # @api private
  Ruling = Value.define(:state, :record, :refresh)

  # Decides whether an app may run (conformance suite, §The judge), at a time in whole seconds. It is pure: it
  # reads no clock and no files. Only a verdict of a server can refuse a license: without one, the record
  # decides.
  # @api private
  module Judge
    # How often the time is noted in the record.
    FLOOR_SECONDS = 3600

    Clock = Value.define(:time, :behind, :floor)

    module_function

    def rule(evidence, now, verdict, terms)
      return by_verdict(evidence.record, now, verdict, terms) if verdict

      clock = read_clock(evidence, now, terms.built_at)
      ruling = by_record(evidence, clock.time, terms)
      state = ruling.state
      state = state.with(warnings: [*state.warnings, "CLOCK_BEHIND"]) if clock.behind && state.allowed?
      Ruling.new(state: state, record: evidence.record.with(floor: clock.floor),
                 refresh: ruling.refresh || clock.behind)
    end

    # The clock of a device can be wrong, or set back on purpose.
    def read_clock(evidence, now, built_at)
      floor = [evidence.record.floor, built_at || 0, *evidence.tokens.map(&:iat)].max
      behind = now < floor - Verification::CLOCK_LEEWAY
      Clock.new(time: behind ? floor : now, behind: behind, floor: now >= floor + FLOOR_SECONDS ? now : floor)
    end

    def by_verdict(record, now, verdict, terms)
      # The server's clock decides, also if that of the device was ahead before.
      at = verdict.at || [now, record.floor].max
      record = record.with(floor: at)
      verdict.valid? ? accept(record, at, verdict, terms) : refuse(record, at, verdict)
    end

    def accept(record, at, verdict, terms)
      answer = verdict.body && Record::Answer.new(at: at, verdict: verdict.body)
      lease = verdict.lease
      refresh_at = answer ? at + terms.refresh : lease&.claims&.fetch("rfa")
      ends_at = answer ? answer.ends_at(terms.hard_limit) : lease&.exp
      state = State.new(status: :licensed, source: :server, license: verdict.license, warnings: verdict.warnings,
                        refresh_after: refresh_at && State.time(refresh_at),
                        valid_until: ends_at && State.time(ends_at))
      # An answer without a lease removes the stored one, because the plan no longer allows it.
      Ruling.new(state: state, record: record.with(lease: lease&.text, answer: answer, tombstone: nil),
                 refresh: false)
    end

    def refuse(record, at, verdict)
      state = State.deny(:refused, verdict.code, :server, verdict.message)
      # A missing feature says something about the call, not about the license.
      unless verdict.code == "FEATURE_NOT_INCLUDED"
        tombstone = Record::Tombstone.new(code: verdict.code, message: verdict.message, at: at)
        record = record.with(lease: nil, answer: nil, tombstone: tombstone)
      end
      Ruling.new(state: state, record: record, refresh: false)
    end

    def by_record(evidence, time, terms)
      record = evidence.record
      if (tombstone = record.tombstone)
        return deny(record, :refused, tombstone.code, :cache, tombstone.message)
      end
      return by_tokens(evidence, time, terms) if evidence.tokens.any?
      return by_answer(record, time, terms) if record.answer && terms.public_keys.empty?

      deny(record, :unknown, "NO_ANSWER", :none, "No license is stored here yet, and the server did not answer.")
    end

    # Of the tokens that are good, the one with the latest end decides.
    def by_tokens(evidence, time, terms)
      record = evidence.record
      faults = evidence.tokens.sort_by.with_index { |token, index| [-token.exp, index] }.to_h do |token|
        fault = Verification.proof_fault(token, Verification::NO_PROOF, record.feed)
        [token, fault || Verification.license_fault(token, terms, record.feed, time)]
      end
      return allow(faults.key(nil), evidence, time) if faults.value?(nil)

      revoked = faults.key("LICENSE_REVOKED")
      token, fault = revoked ? [revoked, "LICENSE_REVOKED"] : faults.first
      deny(record, revoked ? :refused : :unknown, fault, token.source, TokenError::MESSAGES.fetch(fault))
    end

    def allow(token, evidence, time)
      refresh_at, stale_at, ends_at, warnings = token.claims.values_at("rfa", "vld", "exp", "warnings")
      state = allowed_state(time, source: token.source, license: License.from_claims(token.claims),
                                  warnings: warnings, refresh_at: refresh_at, stale_at: stale_at, ends_at: ends_at)
      due = evidence.tokens.any? { |each| each.lease? && time >= each.claims["rfa"] }
      Ruling.new(state: state, record: evidence.record, refresh: state.grace? || due || time >= refresh_at)
    end

    def by_answer(record, time, terms)
      answer = record.answer
      stale_at = answer.at + terms.refresh
      ends_at = answer.ends_at(terms.hard_limit)
      if time >= ends_at
        return deny(record, :unknown, "CACHE_EXPIRED", :cache, TokenError::MESSAGES.fetch("LEASE_EXPIRED"))
      end

      license, warnings = answer.verdict.values_at("license", "warnings")
      state = allowed_state(time, source: :cache, license: License.from_body(license), warnings: warnings,
                                  refresh_at: stale_at, stale_at: stale_at, ends_at: ends_at)
      Ruling.new(state: state, record: record, refresh: state.grace?)
    end

    def allowed_state(time, source:, license:, warnings:, refresh_at:, stale_at:, ends_at:)
      stale = time >= stale_at
      State.new(status: stale ? :grace : :licensed, source: source, license: license, warnings: warnings,
                stale_since: (State.time(stale_at) if stale), refresh_after: State.time(refresh_at),
                valid_until: State.time(ends_at))
    end

    def deny(record, status, code, source, message)
      Ruling.new(state: State.deny(status, code, source, message), record: record, refresh: true)
    end

    private_class_method :by_verdict, :accept, :refuse, :by_record, :by_tokens, :allow, :by_answer,
                         :allowed_state, :deny
  end
end
