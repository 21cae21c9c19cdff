package dev.licet;

/** A request that Licet did not send, or sent too long ago. Answer it with status 400. */
public final class WebhookException extends LicetException {
    private static final long serialVersionUID = 1L;

    /** The reasons to reject a request. */
    public enum Fault {
        /** One of the three headers is missing. */
        HEADER_MISSING,
        /** It was sent more than five minutes ago. */
        TIMESTAMP_TOO_OLD,
        /** It is more than five minutes ahead. */
        TIMESTAMP_TOO_NEW,
        /** No signature matches. */
        SIGNATURE_INVALID,
        /** The body is not a JSON object. */
        BODY_INVALID
    }

    private final Fault fault;

    WebhookException(Fault fault, String message) {
        super(message, null);
        this.fault = fault;
    }

    /** Returns what is wrong with the request. */
    public Fault fault() {
        return fault;
    }

    /** Returns the fault as a text, such as {@code SIGNATURE_INVALID}. */
    public String code() {
        return fault.name();
    }
}
