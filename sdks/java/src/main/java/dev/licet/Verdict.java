package dev.licet;

import java.util.List;

/** A server's answer to a validation. A refusal is one too. */
public sealed interface Verdict {
    /** Whether the license is valid. */
    boolean valid();

    /**
     * The license is valid.
     *
     * @param license the license
     * @param warnings such as {@code EXPIRES_SOON}
     */
    record Valid(License license, List<String> warnings) implements Verdict {
        @Override
        public boolean valid() {
            return true;
        }
    }

    /**
     * The license is not valid.
     *
     * @param error why, such as {@code LICENSE_EXPIRED}
     * @param message the same as a sentence for people
     * @param details facts behind the error, such as {@code {"limit": 3, "used": 3}}
     */
    record Refused(String error, String message, JsonObject details) implements Verdict {
        @Override
        public boolean valid() {
            return false;
        }
    }
}
