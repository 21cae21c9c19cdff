package dev.licet;

import java.time.Instant;

/**
 * A domain or device that uses a license.
 *
 * @param id its ID
 * @param kind whether it is a domain or a device
 * @param value the normalized domain, or the fingerprint
 * @param name the name of the device, or null
 * @param createdAt when it was activated
 */
public record Activation(String id, Kind kind, String value, String name, Instant createdAt) {
    /** The kinds of places that use a license. */
    public enum Kind {
        /** A site. */
        DOMAIN,
        /** A device. */
        DEVICE
    }
}
