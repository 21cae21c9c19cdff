package dev.licet;

import java.time.Instant;
import java.util.List;

/**
 * The result of a check.
 *
 * @param status whether the app may run
 * @param source what decided
 * @param code why the app may not run, such as {@code LICENSE_EXPIRED} or {@code NO_ANSWER}, or null
 * @param message the same as a sentence for people, or null
 * @param license the license if the app may run, or null
 * @param warnings such as {@code EXPIRES_SOON}
 * @param staleSince since when a confirmation is due, in the status {@code GRACE}, or null
 * @param refreshAfter when the next refresh is due, or null
 * @param validUntil until when the app may run without any answer, or null
 */
public record State(
        Status status,
        Source source,
        String code,
        String message,
        License license,
        List<String> warnings,
        Instant staleSince,
        Instant refreshAfter,
        Instant validUntil) {

    /** Whether an app may run. */
    public enum Status {
        /** The license is valid. */
        LICENSED,
        /** It is, but the server has not confirmed it since {@link State#staleSince()}. */
        GRACE,
        /** A server has said no. An outage never does. */
        REFUSED,
        /** Nothing proves either: the app decides what to do. */
        UNKNOWN
    }

    /** The source of the decision. */
    public enum Source {
        /** An answer of the server to this call. */
        SERVER,
        /** The stored lease. */
        LEASE,
        /** The imported license file. */
        FILE,
        /** The stored answer or refusal. */
        CACHE,
        /** Nothing is stored. */
        NONE
    }

    /** Whether the app may run: the status is {@code LICENSED} or {@code GRACE}. */
    public boolean allowed() {
        return status == Status.LICENSED || status == Status.GRACE;
    }
}
