<?php

declare(strict_types=1);

namespace Licet;

use Closure;

/**
 * A seat that is renewed while you work. PHP has no timers, so call `keep` in your loop, as often as you
 * like. An outage never ends the hold, whatever its length.
 */
final class SeatHold
{
    /** The next renewal is after this part of the time, so that two may fail. */
    private const RENEW_AFTER = 1 / 3;
    private const RETRY_AFTER = 1 / 10;
    private const DELAY_MIN = 0.2;

    private float $dueAt;
    private bool $isOver = false;

    /**
     * @internal
     * @param Closure(string): Seat $renew
     * @param Closure(): Seat $acquire
     * @param Closure(string): void $release
     * @param Closure(\Throwable): void $report
     */
    public function __construct(
        private Seat $seat,
        private readonly Closure $renew,
        private readonly Closure $acquire,
        private readonly Closure $release,
        private readonly Closure $report,
    ) {
        $this->plan($seat->seconds * self::RENEW_AFTER);
    }

    public function __destruct()
    {
        $this->release();
    }

    /** Returns the seat as it was renewed last. */
    public function seat(): Seat
    {
        return $this->seat;
    }

    /**
     * Renews the seat if that is due.
     *
     * @throws LicetProblem if the server no longer grants a seat; the hold is over then
     */
    public function keep(): void
    {
        if ($this->isOver || self::measure() < $this->dueAt) {
            return;
        }
        try {
            $this->seat = $this->renewOrAcquire();
            $this->plan($this->seat->seconds * self::RENEW_AFTER);
        } catch (NoAnswer $failure) {
            ($this->report)($failure);
            $this->plan($this->seat->seconds * self::RETRY_AFTER);
        } catch (LicetProblem $problem) {
            $this->isOver = true;
            throw $problem;
        }
    }

    /** Gives the seat back. If the server does not answer, the seat just lapses. */
    public function release(): void
    {
        if ($this->isOver) {
            return;
        }
        $this->isOver = true;
        try {
            ($this->release)($this->seat->id);
        } catch (LicetException $exception) {
            ($this->report)($exception);
        }
    }

    private function renewOrAcquire(): Seat
    {
        try {
            return ($this->renew)($this->seat->id);
        } catch (LicetProblem $problem) {
            // The seat was removed by hand, or a backup of the server was restored.
            return $problem->code === 'SEAT_NOT_FOUND' ? ($this->acquire)() : throw $problem;
        }
    }

    private function plan(float $delay): void
    {
        $this->dueAt = self::measure() + max($delay, self::DELAY_MIN);
    }

    private static function measure(): float
    {
        return hrtime(true) / 1e9;
    }
}
