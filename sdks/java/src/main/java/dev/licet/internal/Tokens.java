package dev.licet.internal;

import dev.licet.JsonObject;
import dev.licet.TokenException;
import dev.licet.TokenFault;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Opens signed tokens: steps 1–8 of the conformance suite, §Verification. */
public final class Tokens {
    private static final int TOKEN_BYTES_MAX = 16 * 1024;
    private static final int FEED_BYTES_MAX = 1024 * 1024;
    private static final int SIGNATURE_BYTES = 64;
    private static final int KEY_BYTES = 32;
    private static final int KID_CHARACTERS = 16;
    private static final int HEADER_MEMBERS = 3;
    private static final Pattern ARMOR = Pattern.compile(
            "-----BEGIN LICET ([A-Z]+)-----\\r?\\n(.*?)\\r?\\n-----END LICET \\1-----", Pattern.DOTALL);

    /** A pinned key with its ID. */
    public record PinnedKey(String kid, byte[] bytes) {}

    private record Parts(String head, String body, byte[] signature) {}

    private Tokens() {}

    /**
     * Opens a compact JWS (RFC 7515), armored if it is a file or a feed, that one of the pinned keys has
     * signed with Ed25519. The header never selects the algorithm. Throws {@code TokenException}.
     */
    public static Token open(String text, TokenType type, List<String> publicKeys) {
        Parts parts = split(text, type);
        String kid = readHeader(parts.head(), type);
        PinnedKey key = findKey(publicKeys, kid);
        if (key == null) {
            throw new TokenException(TokenFault.KEY_UNKNOWN, "The key " + kid + " is not pinned.");
        }
        byte[] signed = Bytes.utf8(parts.head() + "." + parts.body());
        if (!Ed25519.verify(key.bytes(), signed, parts.signature())) {
            throw new TokenException(TokenFault.SIGNATURE_INVALID);
        }
        JsonObject claims = decode(parts.body());
        if (claims == null || !Claims.areOf(type, claims)) {
            throw malformed("its claims are");
        }
        return new Token(type, kid, claims);
    }

    /** Opens a token of one type or another. */
    static Token openEither(String text, TokenType first, TokenType second, List<String> publicKeys) {
        try {
            return open(text, first, publicKeys);
        } catch (TokenException e) {
            if (e.fault() != TokenFault.TYPE_UNEXPECTED) {
                throw e;
            }
            return open(text, second, publicKeys);
        }
    }

    /** Returns the bytes and the ID of a public key (RFC 7638); null if the text is not one. */
    public static PinnedKey parsePublicKey(String x) {
        byte[] bytes = Bytes.fromBase64url(x);
        if (bytes == null || bytes.length != KEY_BYTES) {
            return null;
        }
        String thumbprint = Bytes.hash("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + x + "\"}");
        return new PinnedKey(thumbprint.substring(0, KID_CHARACTERS), bytes);
    }

    /**
     * Returns the token in the armor of a file or a feed. Returns any other text as it is, which is then
     * either a compact token or malformed.
     */
    static String removeArmor(String text, TokenType type) {
        if (type.label() == null) {
            return text;
        }
        String armored = text.startsWith("\ufeff") ? text.substring(1) : text;
        Matcher match = ARMOR.matcher(stripAscii(armored));
        boolean isArmored = match.matches() && match.group(1).equals(type.label());
        return isArmored ? match.group(2).replaceAll("[ \\t\\r\\n]+", "") : text;
    }

    /** Removes spaces, tabs and line ends around a text. */
    static String stripAscii(String text) {
        return text.replaceAll("\\A[ \\t\\r\\n]+|[ \\t\\r\\n]+\\z", "");
    }

    private static Parts split(String text, TokenType type) {
        int bytesMax = type == TokenType.FEED ? FEED_BYTES_MAX : TOKEN_BYTES_MAX;
        if (text.length() > bytesMax || Bytes.utf8(text).length > bytesMax) {
            throw malformed("its length is");
        }
        String[] parts = removeArmor(text, type).split("\\.", -1);
        if (parts.length != 3 || !isEncoded(parts[0]) || !isEncoded(parts[1])) {
            throw malformed("its format is");
        }
        byte[] signature = Bytes.fromBase64url(parts[2]);
        if (signature == null || signature.length != SIGNATURE_BYTES) {
            throw malformed("the length of its signature is");
        }
        return new Parts(parts[0], parts[1], signature);
    }

    private static boolean isEncoded(String part) {
        return !part.isEmpty() && Bytes.fromBase64url(part) != null;
    }

    /** Returns the ID of the key that the header names. */
    private static String readHeader(String head, TokenType type) {
        JsonObject header = decode(head);
        boolean isHeader = header != null
                && header.size() == HEADER_MEMBERS
                && "EdDSA".equals(header.string("alg"))
                && header.string("kid") != null
                && header.string("typ") != null;
        if (!isHeader) {
            throw malformed("its header is");
        }
        if (!header.string("typ").equals(type.typ())) {
            throw new TokenException(TokenFault.TYPE_UNEXPECTED);
        }
        return header.string("kid");
    }

    private static PinnedKey findKey(List<String> publicKeys, String kid) {
        return publicKeys.stream()
                .map(Tokens::parsePublicKey)
                .filter(key -> key != null && key.kid().equals(kid))
                .findFirst()
                .orElse(null);
    }

    private static JsonObject decode(String part) {
        byte[] bytes = Bytes.fromBase64url(part);
        String text = bytes == null ? null : Bytes.fromUtf8(bytes);
        return text == null ? null : Json.parseUniqueObject(text);
    }

    private static TokenException malformed(String what) {
        return new TokenException(
                TokenFault.MALFORMED, "This text is incomplete or damaged: " + what + " wrong.");
    }
}
