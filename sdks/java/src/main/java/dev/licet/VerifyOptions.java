package dev.licet;

import java.time.Instant;
import java.util.List;

/**
 * The product, device and domain that a license file must match. It cannot be changed: each method returns another one.
 *
 * @param product the slug of the product, or null for any
 * @param fingerprint the device, or null
 * @param domain the site, or null
 * @param features the features that the call needs
 * @param now the time, or null for that of the clock
 */
public record VerifyOptions(
        String product, String fingerprint, String domain, List<String> features, Instant now) {

    /** Creates options for any product, no device and no domain. */
    public VerifyOptions() {
        this(null, null, null, List.of(), null);
    }

    /**
     * Sets the product.
     *
     * @param newProduct its slug
     * @return the new options
     */
    public VerifyOptions product(String newProduct) {
        return new VerifyOptions(newProduct, fingerprint, domain, features, now);
    }

    /**
     * Sets the device.
     *
     * @param newFingerprint its fingerprint
     * @return the new options
     */
    public VerifyOptions fingerprint(String newFingerprint) {
        return new VerifyOptions(product, newFingerprint, domain, features, now);
    }

    /**
     * Sets the site.
     *
     * @param newDomain a domain or URL
     * @return the new options
     */
    public VerifyOptions domain(String newDomain) {
        return new VerifyOptions(product, fingerprint, newDomain, features, now);
    }

    /**
     * Sets the features without which the state is {@code REFUSED}.
     *
     * @param newFeatures their names
     * @return the new options
     */
    public VerifyOptions features(String... newFeatures) {
        return new VerifyOptions(product, fingerprint, domain, List.of(newFeatures), now);
    }

    /**
     * Sets the time.
     *
     * @param newNow the time
     * @return the new options
     */
    public VerifyOptions now(Instant newNow) {
        return new VerifyOptions(product, fingerprint, domain, features, newNow);
    }
}
