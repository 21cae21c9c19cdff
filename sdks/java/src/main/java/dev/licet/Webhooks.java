package dev.licet;

import dev.licet.WebhookException.Fault;
import dev.licet.internal.Bytes;
import dev.licet.internal.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Verifies that requests with events come from Licet (Standard Webhooks 1.0). */
public final class Webhooks {
    private static final long TOLERANCE_SECONDS = 300;
    private static final String SECRET_PREFIX = "whsec_";
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,15}");

    private Webhooks() {}

    /**
     * Returns the event in a request that was signed within the last five minutes.
     *
     * @param body the body exactly as it arrived
     * @param headers the headers of the request: values are texts or lists of texts
     * @param secrets the secrets of the endpoint ({@code whsec_…}), several during a rotation
     * @return the event
     * @throws WebhookException if Licet did not send the request, or sent it too long ago
     */
    public static WebhookEvent verify(byte[] body, Map<String, ?> headers, String... secrets) {
        return verify(body, headers, List.of(secrets), Clock.systemUTC());
    }

    /**
     * Returns the event in a request that was signed within five minutes of the time of a clock.
     *
     * @param body the body exactly as it arrived
     * @param headers the headers of the request: values are texts or lists of texts
     * @param secrets the secrets of the endpoint
     * @param clock the clock
     * @return the event
     * @throws WebhookException if Licet did not send the request, or at another time
     */
    public static WebhookEvent verify(
            byte[] body, Map<String, ?> headers, Collection<String> secrets, Clock clock) {
        String id = readHeader(headers, "webhook-id");
        String timestamp = readHeader(headers, "webhook-timestamp");
        String signatures = readHeader(headers, "webhook-signature");
        if (id.isEmpty() || signatures.isEmpty() || !SECONDS.matcher(timestamp).matches()) {
            throw new WebhookException(Fault.HEADER_MISSING, "The request has no webhook headers.");
        }
        checkAge(Math.floorDiv(clock.millis(), 1000L) - Long.parseLong(timestamp));
        byte[] start = Bytes.utf8(id + "." + timestamp + ".");
        boolean isSigned = false;
        for (String secret : secrets) {
            isSigned |= isSignedWith(readSecret(secret), signatures, start, body);
        }
        if (!isSigned) {
            throw new WebhookException(Fault.SIGNATURE_INVALID, "No signature matches.");
        }
        return readEvent(body);
    }

    private static void checkAge(long seconds) {
        if (seconds > TOLERANCE_SECONDS) {
            throw new WebhookException(
                    Fault.TIMESTAMP_TOO_OLD, "The request is more than five minutes old.");
        }
        if (seconds < -TOLERANCE_SECONDS) {
            throw new WebhookException(
                    Fault.TIMESTAMP_TOO_NEW, "The request is more than five minutes ahead.");
        }
    }

    private static String readHeader(Map<String, ?> headers, String name) {
        for (Map.Entry<String, ?> header : headers.entrySet()) {
            // A map of HttpURLConnection has the status line under null.
            if (header.getKey() != null && header.getKey().equalsIgnoreCase(name)) {
                Object value = header.getValue();
                Object first = value instanceof List<?> list && !list.isEmpty() ? list.get(0) : value;
                return first instanceof String text ? text : "";
            }
        }
        return "";
    }

    private static byte[] readSecret(String secret) {
        String base64 =
                secret.startsWith(SECRET_PREFIX) ? secret.substring(SECRET_PREFIX.length()) : secret;
        byte[] key = Base64.getDecoder().decode(base64);
        if (key.length == 0) {
            throw new IllegalArgumentException("A webhook secret is empty.");
        }
        return key;
    }

    /** Compares all signatures in constant time. */
    private static boolean isSignedWith(byte[] key, String signatures, byte[] start, byte[] body) {
        byte[] mac = Bytes.hmac(key, start, body);
        byte[] expected = Bytes.utf8("v1," + Base64.getEncoder().encodeToString(mac));
        boolean isFound = false;
        for (String signature : signatures.split(" ")) {
            isFound |= MessageDigest.isEqual(Bytes.utf8(signature), expected);
        }
        return isFound;
    }

    private static WebhookEvent readEvent(byte[] body) {
        JsonObject event = Json.parseObject(new String(body, StandardCharsets.UTF_8));
        if (event == null) {
            throw new WebhookException(Fault.BODY_INVALID, "The body is not a JSON object.");
        }
        JsonObject data = event.object("data");
        return new WebhookEvent(
                event.string("id"),
                event.string("type"),
                event.string("timestamp"),
                data == null ? JsonObject.EMPTY : data);
    }
}
