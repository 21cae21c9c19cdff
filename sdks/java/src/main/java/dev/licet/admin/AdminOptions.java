package dev.licet.admin;

import dev.licet.internal.Http;
import java.net.http.HttpClient;
import java.time.Duration;

/**
 * How requests are sent. It cannot be changed: each method returns another one.
 *
 * @param timeout the time for each attempt
 * @param retries how often a request is repeated after a failure that may pass
 * @param httpClient the HTTP client, or null
 * @param idempotencyKey sent with each POST, or null for a new one per call
 * @param ifMatch the version of the license that is changed, or null
 */
public record AdminOptions(
        Duration timeout, int retries, HttpClient httpClient, String idempotencyKey, Long ifMatch) {

    /** Checks the options. */
    public AdminOptions {
        Http.checkClient(httpClient);
        if (timeout.isZero() || timeout.isNegative() || retries < 0) {
            throw new IllegalArgumentException("timeout must be above 0, and retries not below 0.");
        }
    }

    /** Creates options with 30 seconds for each attempt, and 2 repetitions. */
    public AdminOptions() {
        this(Duration.ofSeconds(30), 2, null, null, null);
    }

    /**
     * Sets the time for each attempt.
     *
     * @param newTimeout the time
     * @return the new options
     */
    public AdminOptions timeout(Duration newTimeout) {
        return new AdminOptions(newTimeout, retries, httpClient, idempotencyKey, ifMatch);
    }

    /**
     * Sets how often a request is repeated after a failure that may pass.
     *
     * @param newRetries 0 for never
     * @return the new options
     */
    public AdminOptions retries(int newRetries) {
        return new AdminOptions(timeout, newRetries, httpClient, idempotencyKey, ifMatch);
    }

    /**
     * Sets the HTTP client, such as one with a proxy. It must not follow redirects.
     *
     * @param newHttpClient the HTTP client
     * @return the new options
     */
    public AdminOptions httpClient(HttpClient newHttpClient) {
        return new AdminOptions(timeout, retries, newHttpClient, idempotencyKey, ifMatch);
    }

    /**
     * Sets the key that is sent with a POST, such as the ID of an order, so that a call can be repeated
     * later without a second effect. By default each call has a new one, the same for all its attempts.
     *
     * @param newIdempotencyKey the key, for one call only
     * @return the new options
     */
    public AdminOptions idempotencyKey(String newIdempotencyKey) {
        return new AdminOptions(timeout, retries, httpClient, newIdempotencyKey, ifMatch);
    }

    /**
     * Sets the {@code version} of the license as you read it. If it has changed, the call fails with
     * status 412.
     *
     * @param newIfMatch the version
     * @return the new options
     */
    public AdminOptions ifMatch(long newIfMatch) {
        return new AdminOptions(timeout, retries, httpClient, idempotencyKey, newIfMatch);
    }
}
