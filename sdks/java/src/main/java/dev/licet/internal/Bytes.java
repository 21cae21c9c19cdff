package dev.licet.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Encodings, hashes and random bytes. */
public final class Bytes {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final String ALPHABET =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final int RANDOM_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Bytes() {}

    /** Encodes a text in UTF-8. */
    public static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the text, with a byte order mark if there is one; null if the bytes are not UTF-8. */
    public static String fromUtf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Encodes bytes in base64url without padding. */
    public static String base64url(byte[] bytes) {
        return ENCODER.encodeToString(bytes);
    }

    /** Returns the bytes, or null unless it is base64url without padding whose last bits are zero. */
    public static byte[] fromBase64url(String text) {
        int last = 0;
        for (int index = 0; index < text.length(); index++) {
            last = ALPHABET.indexOf(text.charAt(index));
            if (last < 0) {
                return null;
            }
        }
        int rest = text.length() % 4;
        int unusedBits = rest == 2 ? 15 : rest == 3 ? 3 : 0;
        if (rest == 1 || (last & unusedBits) != 0) {
            return null;
        }
        return Base64.getUrlDecoder().decode(text);
    }

    /** Returns the SHA-256 of a text in UTF-8. */
    public static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(utf8(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the base64url SHA-256 of a text in UTF-8, as in the claims {@code fp} and {@code req}. */
    public static String hash(String text) {
        return base64url(sha256(text));
    }

    /** Returns the hex SHA-256 of a text in UTF-8. */
    public static String hexHash(String text) {
        return HexFormat.of().formatHex(sha256(text));
    }

    /** Returns the HMAC-SHA-256 of the parts of a message. The key must not be empty. */
    public static byte[] hmac(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns 16 random bytes. */
    public static byte[] random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** Returns a text of 128 random bits that is in no other request. */
    public static String nonce() {
        return base64url(random());
    }
}
