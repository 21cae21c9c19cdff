package dev.licet.internal;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;

/** Times, which are whole seconds since 1970 in tokens and records. */
final class Times {
    private Times() {}

    /** Returns the time of a text in RFC 3339, or null. */
    static Instant parse(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** Returns the time of a header such as {@code Date} (RFC 9110, §5.6.7), or null. */
    static Instant parseHeader(String text) {
        try {
            return text == null ? null : Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** Returns whole seconds as a time, at the latest the end of the year 9999. */
    static Instant of(Long seconds) {
        return seconds == null ? null : Instant.ofEpochSecond(Math.min(seconds, Claims.SECONDS_MAX));
    }
}
