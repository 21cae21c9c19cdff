package dev.licet.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/** Codes that people carry between a device without a connection and a server. */
public final class OfflineCodes {
    private static final String REQUEST_PREFIX = "LQ1.";
    private static final int SYMBOLS = 10;

    private OfflineCodes() {}

    /** Returns the code that asks for a license file. {@code product} and {@code name} may be null. */
    public static String request(
            String product, String key, String fingerprint, String name, String nonce) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("v", 1);
        if (product != null) {
            request.put("product", product);
        }
        request.put("key", key);
        request.put("fp", fingerprint);
        if (name != null) {
            request.put("name", name);
        }
        request.put("nonce", nonce);
        return REQUEST_PREFIX + Bytes.base64url(Bytes.utf8(Json.write(request)));
    }

    /**
     * Returns the code that proves that a device has deleted its license file: the first 50 bits of
     * HMAC-SHA-256 of the file's ID under its secret, in Crockford's Base32, as XXXXX-XXXXX.
     */
    public static String returnCode(byte[] secret, String fileId) {
        byte[] mac = Bytes.hmac(secret, Bytes.utf8(fileId));
        StringBuilder code = new StringBuilder();
        for (int index = 0; index < SYMBOLS; index++) {
            int bit = index * 5;
            int twoBytes = (mac[bit >> 3] & 255) << 8 | mac[(bit >> 3) + 1] & 255;
            code.append(LicenseKeys.ALPHABET.charAt(twoBytes >> 11 - (bit & 7) & 31));
        }
        return code.insert(SYMBOLS / 2, '-').toString();
    }
}
