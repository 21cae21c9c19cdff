<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\LicetProblem;
use Licet\NoAnswer;

/** Repeats what may succeed the next time. Times are in seconds. */
final class Retry
{
    private const FIRST_WAIT_MAX = 0.5;
    private const WAIT_MAX = 4.0;
    /** A longer Retry-After is not waited for. */
    private const RETRY_AFTER_MAX = 60.0;
    /** The failures that may pass. A captive portal or a wrong signature would be the same again. */
    private const PASSING_REASONS = ['timeout', 'network', 'status'];

    /** Whether a server that answers with a status may answer with another one soon. */
    public static function isPassingStatus(int $status): bool
    {
        return $status >= 500 || in_array($status, [408, 425, 429], true);
    }

    /**
     * Returns how long to wait before the next attempt, or null to give up. `$attempt` counts from 1,
     * `$random` is from 0 to 1. The wait is the server's Retry-After, else a random part of 0.5 s · 2ⁿ⁻¹.
     */
    public static function decide(
        NoAnswer|LicetProblem $failure,
        int $attempt,
        int $attemptsMax,
        float $remaining,
        float $random,
    ): ?float {
        if ($attempt >= $attemptsMax || !self::isPassing($failure)) {
            return null;
        }
        $wait = $failure->retryAfter ?? $random * min(self::FIRST_WAIT_MAX * 2 ** ($attempt - 1), self::WAIT_MAX);
        return $wait <= self::RETRY_AFTER_MAX && $wait < $remaining ? $wait : null;
    }

    /**
     * Calls `$attempt`, with what is left of `$total`, until it succeeds, fails for good, or the limits are
     * reached.
     *
     * @template T
     * @param callable(float): void $pause
     * @param callable(float): T $attempt
     * @return T
     */
    public static function run(int $attemptsMax, float $total, callable $pause, callable $attempt): mixed
    {
        $now = fn (): float => hrtime(true) / 1e9;
        $end = $now() + $total;
        for ($count = 1;; $count++) {
            try {
                return $attempt($end - $now());
            } catch (NoAnswer | LicetProblem $failure) {
                $random = random_int(0, 1_000_000) / 1_000_000;
                $wait = self::decide($failure, $count, $attemptsMax, $end - $now(), $random) ?? throw $failure;
                $pause($wait);
            }
        }
    }

    /** Returns the seconds of a `Retry-After` (RFC 9110, §10.2.3) in seconds or as a date, or null. */
    public static function parseAfter(?string $value, int $now): ?float
    {
        if ($value !== null && preg_match('/\A\d+\z/', $value) === 1) {
            return (float) $value;
        }
        $date = Time::parseHeader($value);
        return $date === null ? null : (float) max(0, $date - $now);
    }

    private static function isPassing(NoAnswer|LicetProblem $failure): bool
    {
        if ($failure instanceof NoAnswer) {
            return in_array($failure->reason, self::PASSING_REASONS, true);
        }
        // A request that is repeated while its first attempt still runs gets this code with a 409.
        return self::isPassingStatus($failure->status) || $failure->code === 'idempotency_in_progress';
    }
}
