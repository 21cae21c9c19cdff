package dev.licet.internal;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/** Verifies Ed25519 signatures (RFC 8032), and accepts one encoding of each only. */
public final class Ed25519 {
    private static final int KEY_BYTES = 32;
    private static final int SIGNATURE_BYTES = 64;
    /** The X.509 prefix of the 32 bytes of a key (RFC 8410). */
    private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final BigInteger P =
            BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    /** The order of the base point. */
    private static final BigInteger L =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    private static final BigInteger ORDER_8_Y =
            new BigInteger("5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16);
    /** The y of the points whose order divides 8. Signatures by such keys prove nothing. */
    private static final Set<BigInteger> SMALL_ORDER_Y = Set.of(
            BigInteger.ZERO, BigInteger.ONE, P.subtract(BigInteger.ONE), ORDER_8_Y, P.subtract(ORDER_8_Y));

    private Ed25519() {}

    /** Whether a public key is a canonical encoding, and not of small order. */
    public static boolean isSoundKey(byte[] key) {
        if (key.length != KEY_BYTES) {
            return false;
        }
        BigInteger y = toInteger(key).clearBit(255);
        return y.compareTo(P) < 0 && !SMALL_ORDER_Y.contains(y);
    }

    /** Whether a signature of a message was made with the private key of a public key. */
    public static boolean verify(byte[] key, byte[] message, byte[] signature) {
        if (!isSoundKey(key) || !isSoundSignature(signature)) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(toPublicKey(key));
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether R is a sound point and S is below L. */
    private static boolean isSoundSignature(byte[] signature) {
        return signature.length == SIGNATURE_BYTES
                && isSoundKey(Arrays.copyOf(signature, KEY_BYTES))
                && toInteger(Arrays.copyOfRange(signature, KEY_BYTES, SIGNATURE_BYTES)).compareTo(L) < 0;
    }

    private static PublicKey toPublicKey(byte[] key) throws GeneralSecurityException {
        byte[] encoded = Arrays.copyOf(X509_PREFIX, X509_PREFIX.length + KEY_BYTES);
        System.arraycopy(key, 0, encoded, X509_PREFIX.length, KEY_BYTES);
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    /** Reads little-endian bytes. */
    private static BigInteger toInteger(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int index = 0; index < bytes.length; index++) {
            reversed[index] = bytes[bytes.length - 1 - index];
        }
        return new BigInteger(1, reversed);
    }
}
