package dev.licet;

import dev.licet.internal.LicenseKeys;

/** Reads license keys as people paste them, without asking the server. */
public final class Keys {
    /** The kinds of texts. */
    public enum Check {
        /** A Licet key whose check symbols are right. */
        VALID,
        /** One with a mistake in it, unless it was imported. */
        MALFORMED,
        /** It may be a key that was imported from another system. */
        FOREIGN,
        /** No key. */
        UNUSABLE
    }

    private Keys() {}

    /**
     * Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of two.
     *
     * @param text the text as it was typed
     * @return what it is
     */
    public static Check check(String text) {
        return LicenseKeys.read(text).check();
    }

    /**
     * Returns {@code PREFIX-XXXX-XXXX-XXXX-XXXX} for a valid key, with any case, dashes, invisible
     * characters and words around it. Mistakes are never corrected.
     *
     * @param text the text as it was pasted
     * @return the key; any other key without the white space around it; null if the text is unusable
     */
    public static String normalize(String text) {
        return LicenseKeys.read(text).key();
    }
}
