package dev.licet.internal;

import dev.licet.LicetException;
import dev.licet.LicetProblemException;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Repeats attempts that fail for a reason that may pass. */
public final class Retry {
    private static final long FIRST_WAIT_MS_MAX = 500;
    private static final long WAIT_MS_MAX = 4000;
    /** A longer {@code Retry-After} is not waited for. */
    private static final long RETRY_AFTER_MS_MAX = 60_000;
    /** A captive portal or a wrong signature would be the same again. */
    private static final Set<Reason> PASSING_REASONS =
            EnumSet.of(Reason.TIMEOUT, Reason.NETWORK, Reason.STATUS);
    private static final Set<Integer> PASSING_STATUSES = Set.of(408, 425, 429);
    /** A request that is repeated while its first attempt still runs gets this code with a 409. */
    private static final String STILL_RUNNING = "idempotency_in_progress";

    private static final Pattern SECONDS = Pattern.compile("[0-9]+");
    private static final int SECONDS_DIGITS_MAX = 9;

    /** The number of attempts, and the time for all of them and the waits between them. */
    public record Limits(int attemptsMax, Duration total) {}

    private Retry() {}

    /** Whether a server that answers with a status may answer with another one soon. */
    public static boolean isPassing(int status) {
        return status >= 500 || PASSING_STATUSES.contains(status);
    }

    private static boolean isPassing(LicetException failure) {
        if (failure instanceof NoAnswerException none) {
            return PASSING_REASONS.contains(none.reason());
        }
        return failure instanceof LicetProblemException problem
                && (isPassing(problem.status()) || problem.code().equals(STILL_RUNNING));
    }

    private static Duration retryAfter(LicetException failure) {
        if (failure instanceof NoAnswerException none) {
            return none.retryAfter();
        }
        return failure instanceof LicetProblemException problem ? problem.retryAfter() : null;
    }

    /**
     * Returns how long to wait before the next attempt, or null to give up: the server's
     * {@code Retry-After}, else a random part of 0.5 s · 2ⁿ⁻¹, at most 4 s. {@code attempt} counts from 1,
     * {@code random} is from 0 to 1.
     */
    static Duration decide(
            LicetException failure, int attempt, Duration elapsed, double random, Limits limits) {
        if (attempt >= limits.attemptsMax() || !isPassing(failure)) {
            return null;
        }
        long growingMs = Math.min(FIRST_WAIT_MS_MAX << Math.min(attempt - 1, 10), WAIT_MS_MAX);
        Duration asked = retryAfter(failure);
        Duration wait = asked == null ? Duration.ofMillis((long) (random * growingMs)) : asked;
        boolean isInTime = elapsed.plus(wait).compareTo(limits.total()) < 0;
        return isInTime && wait.toMillis() <= RETRY_AFTER_MS_MAX ? wait : null;
    }

    /** Reads a {@code Retry-After} (RFC 9110, §10.2.3) in seconds or as a date. Returns null if it is none. */
    public static Duration parseRetryAfter(String value, Instant now) {
        if (value == null) {
            return null;
        }
        if (SECONDS.matcher(value).matches()) {
            boolean isLong = value.length() > SECONDS_DIGITS_MAX;
            return Duration.ofSeconds(isLong ? Integer.MAX_VALUE : Long.parseLong(value));
        }
        Instant at = Times.parseHeader(value);
        if (at == null) {
            return null;
        }
        return at.isBefore(now) ? Duration.ZERO : Duration.between(now, at);
    }

    /** Calls {@code attempt} with the time that is left, until it succeeds or fails for good. */
    public static <T> T run(Limits limits, Function<Duration, T> attempt) {
        long started = System.nanoTime();
        for (int count = 1; ; count++) {
            try {
                return attempt.apply(limits.total().minusNanos(System.nanoTime() - started));
            } catch (NoAnswerException | LicetProblemException e) {
                Duration elapsed = Duration.ofNanos(System.nanoTime() - started);
                Duration wait = decide(e, count, elapsed, ThreadLocalRandom.current().nextDouble(), limits);
                if (wait == null) {
                    throw e;
                }
                pause(wait);
            }
        }
    }

    private static void pause(Duration wait) {
        try {
            Thread.sleep(wait.toMillis());
        } catch (InterruptedException e) {
            throw Http.interrupted(e);
        }
    }
}
