package dev.licet.internal;

/** The subject of a call and of its record. What is not known is null. */
public record Subject(String key, String product, String fingerprint, String domain) {
    private static final int NAME_HEX_DIGITS = 16;

    /** Returns the name under which the record is stored. */
    public String recordName() {
        String text = orEmpty(key) + "\n" + orEmpty(product) + "\n" + orEmpty(fingerprint) + "\n" + orEmpty(domain);
        return "licet-" + Bytes.hexHash(text).substring(0, NAME_HEX_DIGITS);
    }

    /** Returns the license key, without which nothing can be asked. */
    String requireKey() {
        if (key == null) {
            throw new IllegalStateException(
                    "This needs a license key: pass it to the client or to the call.");
        }
        return key;
    }

    Verification.Binding binding() {
        return new Verification.Binding(product, fingerprint, domain);
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
