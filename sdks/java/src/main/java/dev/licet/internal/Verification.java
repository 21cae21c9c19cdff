package dev.licet.internal;

import dev.licet.JsonObject;
import dev.licet.TokenException;
import dev.licet.TokenFault;
import java.util.List;
import java.util.stream.Stream;

/** Checks what an opened token is for: steps 9–16 of the conformance suite, §Verification. */
public final class Verification {
    /** A clock may be this far behind the floor, or behind the time at which a token was issued. */
    static final long CLOCK_LEEWAY_SECONDS = 300;

    /** The request that an answer must belong to. A member that is null is not checked. */
    public record Proof(String nonce, String requestBody, String route) {
        static final Proof NONE = new Proof(null, null, null);
    }

    /** The product, device and domain that a license must be for, unless it is for any. */
    public record Binding(String product, String fingerprint, String domain) {}

    private Verification() {}

    /** Opens a token and checks it in full, at a time in seconds. Throws {@code TokenException}. */
    public static Token verify(
            String text,
            TokenType type,
            List<String> publicKeys,
            Proof proof,
            Binding binding,
            Feed feed,
            long now) {
        Token token = Tokens.open(text, type, publicKeys);
        TokenFault fault = findProofFault(token, proof, feed);
        if (fault == null && token.isLicense()) {
            long issuedAt = token.seconds("iat");
            long time = now < issuedAt - CLOCK_LEEWAY_SECONDS ? issuedAt : now;
            fault = findLicenseFault(token, binding, feed, time);
        }
        if (fault != null) {
            throw new TokenException(fault);
        }
        return token;
    }

    /** Steps 9–11: the key is not stolen, and the answer is ours. */
    static TokenFault findProofFault(Token token, Proof proof, Feed feed) {
        JsonObject claims = token.claims();
        Long stolenSince = feed == null ? null : feed.keys().get(token.kid());
        if (stolenSince != null && token.seconds("iat") >= stolenSince) {
            return TokenFault.KEY_REVOKED;
        }
        if (token.type() == TokenType.FEED) {
            return null;
        }
        boolean needsNonce = proof.nonce() != null || token.type() == TokenType.ANSWER;
        if (needsNonce && (proof.nonce() == null || !proof.nonce().equals(claims.string("non")))) {
            return TokenFault.NONCE_MISMATCH;
        }
        String body = proof.requestBody();
        if (body != null && !Bytes.hash(body).equals(claims.string("req"))) {
            return TokenFault.REQUEST_MISMATCH;
        }
        boolean isOtherRoute = proof.route() != null && !proof.route().equals(claims.string("rte"));
        return isOtherRoute ? TokenFault.REQUEST_MISMATCH : null;
    }

    /** Steps 12–16: the license is for this product, device and domain, not revoked, and not over. */
    static TokenFault findLicenseFault(Token token, Binding binding, Feed feed, long time) {
        JsonObject claims = token.claims();
        if (binding.product() != null && !binding.product().equals(claims.string("aud"))) {
            return TokenFault.PRODUCT_MISMATCH;
        }
        String device = claims.string("fp");
        String fingerprint = binding.fingerprint();
        if (device != null && (fingerprint == null || !device.equals(Bytes.hash(fingerprint)))) {
            return TokenFault.FINGERPRINT_MISMATCH;
        }
        boolean isBoundToDomain = claims.get("dom") != null;
        String domain = binding.domain();
        if (isBoundToDomain && (domain == null || !Domains.covers(claims.strings("dom"), domain))) {
            return TokenFault.DOMAIN_MISMATCH;
        }
        if (feed != null && isRevoked(token, feed)) {
            return TokenFault.LICENSE_REVOKED;
        }
        if (time < token.seconds("exp")) {
            return null;
        }
        return token.isLease() ? TokenFault.LEASE_EXPIRED : TokenFault.FILE_EXPIRED;
    }

    private static boolean isRevoked(Token token, Feed feed) {
        JsonObject claims = token.claims();
        return Stream.concat(Stream.of(claims.string("sub")), claims.strings("act").stream())
                .anyMatch(id -> token.seconds("iat") < feed.revoked().getOrDefault(id, 0L));
    }
}
