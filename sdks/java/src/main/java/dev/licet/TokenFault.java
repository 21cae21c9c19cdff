package dev.licet;

/** Why a token, file or feed proves nothing. */
public enum TokenFault {
    /** It is incomplete or damaged. */
    MALFORMED("The license is incomplete or damaged."),
    /** It is a token of another type. */
    TYPE_UNEXPECTED("This is not a license."),
    /** No pinned key has signed it. */
    KEY_UNKNOWN("The license was signed by an unknown key."),
    /** It was changed, or not signed by the key that it names. */
    SIGNATURE_INVALID("The signature of the license is wrong."),
    /** The key that signed it was stolen. */
    KEY_REVOKED("The license was signed with a stolen key. Ask for a new one."),
    /** It answers another request. */
    NONCE_MISMATCH("This is the answer to another request."),
    /** It answers a request with another body or route. */
    REQUEST_MISMATCH("This is the answer to another request."),
    /** It is for another product. */
    PRODUCT_MISMATCH("The license is for another product."),
    /** It is for another device. */
    FINGERPRINT_MISMATCH("The license is for another device."),
    /** It is for another domain. */
    DOMAIN_MISMATCH("The license is for another domain."),
    /** The license or an activation was revoked after it was issued. */
    LICENSE_REVOKED("The license has been revoked."),
    /** The lease has ended. */
    LEASE_EXPIRED("The license was not confirmed for too long. Connect to the internet."),
    /** The license file has ended. */
    FILE_EXPIRED("The license file has expired. Ask for a new one."),
    /** Revocations between the imported ones and these are missing. */
    FEED_GAP("Import the earlier revocations first.");

    private final String explanation;

    TokenFault(String explanation) {
        this.explanation = explanation;
    }

    /** Returns a sentence for people. */
    public String explanation() {
        return explanation;
    }
}
