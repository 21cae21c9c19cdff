package dev.licet;

import java.time.Duration;

/**
 * The server gave no answer that counts: a timeout, a network failure, status 408, 425, 429 or 5xx,
 * something else than Licet (a captive portal), or a response without the signature that was asked
 * for. It never means that a license is invalid.
 */
public final class NoAnswerException extends LicetException {
    private static final long serialVersionUID = 1L;

    /** Why there is no answer. */
    public enum Reason {
        /** No complete response came in time. */
        TIMEOUT,
        /** The server cannot be reached. */
        NETWORK,
        /** The server says that it cannot answer now. */
        STATUS,
        /** Something else than Licet answered. */
        NOT_LICET,
        /** The response is too long. */
        TOO_LARGE,
        /** The response is not signed as it must be. */
        SIGNATURE,
        /** The calling thread was interrupted. */
        INTERRUPTED
    }

    private final Reason reason;
    private final Duration retryAfter;

    /**
     * Creates an exception.
     *
     * @param reason why there is no answer
     * @param message a sentence for a log
     * @param retryAfter how long the server asked to wait, or null
     * @param cause the failure behind it, or null
     */
    public NoAnswerException(Reason reason, String message, Duration retryAfter, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.retryAfter = retryAfter;
    }

    /**
     * Creates an exception.
     *
     * @param reason why there is no answer
     * @param message a sentence for a log
     */
    public NoAnswerException(Reason reason, String message) {
        this(reason, message, null, null);
    }

    /** Returns why there is no answer. */
    public Reason reason() {
        return reason;
    }

    /** Returns {@code NO_ANSWER}. */
    public String code() {
        return "NO_ANSWER";
    }

    /** Returns how long the server asked to wait, or null. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
