package dev.licet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.licet.JsonObject;
import dev.licet.LicetException;
import dev.licet.LicetProblemException;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RetryTest {
    private static final Retry.Limits LIMITS = new Retry.Limits(10, Duration.ofSeconds(10));

    private static Duration decide(LicetException failure, int attempt, long elapsedMs, double random) {
        return Retry.decide(failure, attempt, Duration.ofMillis(elapsedMs), random, LIMITS);
    }

    @Test
    @DisplayName("the wait grows with each attempt, up to four seconds, and is random")
    void grows() {
        NoAnswerException failure = new NoAnswerException(Reason.NETWORK, "");
        assertEquals(Duration.ofMillis(500), decide(failure, 1, 0, 1));
        assertEquals(Duration.ofMillis(1000), decide(failure, 2, 0, 1));
        assertEquals(Duration.ofMillis(4000), decide(failure, 9, 0, 1));
        assertEquals(Duration.ZERO, decide(failure, 9, 0, 0));
        assertNull(decide(failure, 10, 0, 0));
        assertNull(decide(failure, 1, 9900, 1));
    }

    @Test
    @DisplayName("what another attempt would not change is not repeated")
    void stops() {
        for (Reason reason : new Reason[] {Reason.NOT_LICET, Reason.TOO_LARGE, Reason.SIGNATURE, Reason.INTERRUPTED}) {
            assertNull(decide(new NoAnswerException(reason, ""), 1, 0, 0), reason.name());
        }
        assertNull(decide(new LicetProblemException(422, JsonObject.EMPTY, null, null), 1, 0, 0));
        JsonObject running = new JsonObject(Map.of("code", "idempotency_in_progress"));
        assertEquals(Duration.ZERO, decide(new LicetProblemException(409, running, null, null), 1, 0, 0));
    }

    @Test
    @DisplayName("Retry-After replaces the wait, unless it is too long")
    void honorsServer() {
        assertEquals(Duration.ofSeconds(7), decide(busy(7), 1, 0, 0));
        assertNull(decide(busy(10), 1, 0, 0));
        Retry.Limits day = new Retry.Limits(3, Duration.ofDays(1));
        assertEquals(Duration.ofSeconds(60), Retry.decide(busy(60), 1, Duration.ZERO, 0, day));
        assertNull(Retry.decide(busy(61), 1, Duration.ZERO, 0, day));
    }

    private static NoAnswerException busy(long seconds) {
        return new NoAnswerException(Reason.STATUS, "", Duration.ofSeconds(seconds), null);
    }

    @Test
    @DisplayName("Retry-After is read as seconds or as a date, and is ignored otherwise")
    void readsHeader() {
        Instant now = Instant.parse("2027-01-15T08:00:00Z");
        assertEquals(Duration.ofSeconds(3), Retry.parseRetryAfter("3", now));
        assertEquals(
                Duration.ofSeconds(9), Retry.parseRetryAfter("Fri, 15 Jan 2027 08:00:09 GMT", now));
        assertEquals(Duration.ZERO, Retry.parseRetryAfter("Fri, 15 Jan 2027 07:00:00 GMT", now));
        assertEquals(
                Duration.ofSeconds(Integer.MAX_VALUE), Retry.parseRetryAfter("9".repeat(40), now));
        for (String text : new String[] {"-1", "1.5", "soon", ""}) {
            assertNull(Retry.parseRetryAfter(text, now), text);
        }
        assertNull(Retry.parseRetryAfter(null, now));
    }
}
