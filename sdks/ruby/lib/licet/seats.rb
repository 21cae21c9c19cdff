# frozen_string_literal: true

module Licet
  # A floating seat.
  #
  # @!attribute id
  #   @return [String]
  # @!attribute expires_at
  #   @return [Time] renew the seat before
  Seat = Value.define(:id, :expires_at)

  # Floating seats, which many devices share. Their methods raise Problem if the server refuses, with codes
  # such as "SEAT_LIMIT_REACHED", and NoAnswer.
  class Seats
    # A seat with the seconds for which it lasts, by the clock of the server.
    # @api private
    Timed = Value.define(:seat, :lasts)

    # @api private
    def initialize(context)
      @context = context
    end

    # Acquires a seat for the device. Repeating it returns the same seat.
    #
    # @param name [String, nil] a name for the device, for the vendor's list
    # @param borrow_days [Integer, nil] keeps the seat for so many days, without a connection
    # @return [Seat]
    def acquire(key: nil, fingerprint: nil, name: nil, borrow_days: nil)
      acquire_timed(key: key, fingerprint: fingerprint, name: name, borrow_days: borrow_days).seat
    end

    # Renews a seat. One that has lapsed is acquired again if one is free.
    #
    # @return [Seat]
    def renew(id, key: nil, fingerprint: nil)
      renew_timed(id, key: key, fingerprint: fingerprint).seat
    end

    # Gives a seat back, so that another device can use it.
    def release(id, key: nil, attempts: Requests::ATTEMPTS)
      subject = @context.resolve(key: key, domain: false, fingerprint: false)
      answer = Requests.post(@context, "/seats/release", { key: subject.key!, id: id }, attempts: attempts)
      Requests.read_grant(answer, @context.terms(subject), nil)
      nil
    end

    # Acquires a seat that renews itself, also after an outage. With a block, yields it, gives it back at the
    # end, and returns what the block returns.
    #
    # @param on_lost [#call, nil] is called in a thread, with the Problem, when the server no longer grants it
    # @return [SeatHold]
    def hold(key: nil, fingerprint: nil, name: nil, on_lost: nil)
      hold = SeatHold.new(self, @context, { key: key, fingerprint: fingerprint }, name, on_lost)
      return hold unless block_given?

      begin
        yield hold
      ensure
        hold.release
      end
    end

    # @api private
    def acquire_timed(key: nil, fingerprint: nil, name: nil, borrow_days: nil)
      subject = @context.resolve(key: key, domain: false, fingerprint: fingerprint)
      subject = subject.with(fingerprint: @context.device.value) if subject.fingerprint.nil?
      fields = { key: subject.key!, fingerprint: subject.fingerprint, name: name, borrow_days: borrow_days }
      # The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
      answer, grant = grant("/seats/acquire", subject, fields, borrow_days ? :lease : :answer)
      seat = read_seat(answer, grant)
      @context.judge(subject, grant.verdict) if borrow_days && grant.verdict
      seat
    end

    # @api private
    def renew_timed(id, key: nil, fingerprint: nil, attempts: Requests::ATTEMPTS)
      subject = @context.resolve(key: key, domain: false, fingerprint: fingerprint)
      read_seat(*grant("/seats/renew", subject, { key: subject.key!, id: id }, :answer, attempts))
    end

    private

    def grant(path, subject, fields, signing, attempts = Requests::ATTEMPTS)
      answer = Requests.post(@context, path, fields, signing: signing, attempts: attempts)
      feed = @context.evidence(subject).record.feed
      [answer, Requests.read_grant(answer, @context.terms(subject), feed)]
    end

    # With pinned keys, only the claims are read: a false server could prolong a seat without end.
    def read_seat(answer, grant)
      grant.verdict ? read_signed(grant.verdict) : read_plain(answer.response, grant.body)
    end

    def read_signed(verdict)
      seat = verdict.token.claims["sea"]
      raise NoAnswer.new(:signature, "The seat is not signed.") if seat.nil?

      Timed.new(seat: Seat.new(id: seat["id"], expires_at: State.time(seat["exp"])), lasts: seat["exp"] - verdict.at)
    end

    def read_plain(response, body)
      seat = Seat.new(id: Requests.read_text(body, "id"), expires_at: Requests.read_time(body, "expires_at"))
      Timed.new(seat: seat, lasts: seat.expires_at.to_i - (response.date || @context.now))
    end
  end

  # A seat that renews itself in a thread until it is released. An outage never ends it, whatever its length.
  class SeatHold
    # The next renewal is after this part of the time, so that two may fail.
    RENEW_AFTER = 1 / 3r
    RETRY_AFTER = 1 / 10r
    DELAY = (0.2..3600)
    private_constant :RENEW_AFTER, :RETRY_AFTER, :DELAY

    # @return [Problem, nil] why the server no longer grants a seat
    attr_reader :error

    # @api private
    def initialize(seats, context, target, name, on_lost)
      @seats = seats
      @context = context
      @target = target
      @name = name
      @on_lost = on_lost
      @mutex = Mutex.new
      @released = ConditionVariable.new
      @timed = acquire
      @thread = Thread.new { renew_until_released }
      @thread.name = "licet-seat"
    end

    # The seat as it was renewed last.
    #
    # @return [Seat]
    def seat
      @mutex.synchronize { @timed.seat }
    end

    # Whether the server no longer grants the seat.
    def lost?
      !error.nil?
    end

    # Ends the renewals and gives the seat back. If the server does not answer, the seat just lapses.
    def release
      @mutex.synchronize do
        return if @is_released

        @is_released = true
        @released.signal
      end
      # A renewal that arrives after the release would acquire the seat again.
      @thread.join unless @thread == Thread.current
      @seats.release(seat.id, key: @target[:key], attempts: 1) unless lost?
    rescue Error => e
      @context.report(e)
    end

    private

    def acquire
      @seats.acquire_timed(**@target, name: @name)
    end

    def renew_until_released
      delay = @timed.lasts * RENEW_AFTER
      delay = renew until released_within?(delay) || lost?
      @on_lost&.call(error) if lost?
    rescue StandardError => e
      @context.report(e)
    end

    def released_within?(delay)
      ends_at = Retries.now + delay.to_f.clamp(DELAY)
      @mutex.synchronize do
        # A condition variable may wake up without a signal.
        while !@is_released && (rest = ends_at - Retries.now).positive?
          @released.wait(@mutex, rest)
        end
        @is_released
      end
    end

    # Returns after how many seconds to renew the seat again.
    def renew
      timed = renew_or_acquire
      @mutex.synchronize { @timed = timed }
      timed.lasts * RENEW_AFTER
    rescue Problem => e
      @context.report(e)
      @error = e
      0
    rescue NoAnswer => e
      @context.report(e)
      @timed.lasts * RETRY_AFTER
    end

    def renew_or_acquire
      @seats.renew_timed(seat.id, **@target, attempts: 1)
    rescue Problem => e
      # The seat was removed by hand, or a backup of the server was restored.
      raise unless e.code == "SEAT_NOT_FOUND"

      acquire
    end
  end
end
