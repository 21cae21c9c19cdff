package dev.licet;

/** A token, license file or revocation feed that proves nothing here. */
public final class TokenException extends LicetException {
    private static final long serialVersionUID = 1L;
    private final TokenFault fault;

    /**
     * Creates an exception.
     *
     * @param fault why the token proves nothing
     * @param message a sentence for people
     */
    public TokenException(TokenFault fault, String message) {
        super(message, null);
        this.fault = fault;
    }

    /**
     * Creates an exception with the usual sentence.
     *
     * @param fault why the token proves nothing
     */
    public TokenException(TokenFault fault) {
        this(fault, fault.explanation());
    }

    /** Returns why the token proves nothing. */
    public TokenFault fault() {
        return fault;
    }

    /** Returns the fault as a text, such as {@code FINGERPRINT_MISMATCH}. */
    public String code() {
        return fault.name();
    }
}
