package dev.licet.internal;

import dev.licet.JsonObject;

/** A token whose signature and claims are good. Its times and bindings have not been checked. */
public record Token(TokenType type, String kid, JsonObject claims) {
    /** Returns the claims with the seconds in {@code iat}, {@code exp} and so on. */
    public long seconds(String claim) {
        return claims.integer(claim);
    }

    public boolean isLease() {
        return type == TokenType.LEASE;
    }

    /** Whether it is a license: a lease or a file. */
    public boolean isLicense() {
        return isLease() || type == TokenType.FILE;
    }
}
