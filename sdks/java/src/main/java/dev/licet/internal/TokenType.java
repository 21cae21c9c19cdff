package dev.licet.internal;

/** The types of tokens, with the {@code typ} in their header. */
public enum TokenType {
    LEASE("licet-lease+jwt", null),
    FILE("licet-file+jwt", "LICENSE"),
    ANSWER("licet-answer+jwt", null),
    FEED("licet-revocations+jwt", "REVOCATIONS");

    private final String typ;
    /** The label of its armor, or null if it may have none. */
    private final String label;

    TokenType(String typ, String label) {
        this.typ = typ;
        this.label = label;
    }

    public String typ() {
        return typ;
    }

    public String label() {
        return label;
    }
}
