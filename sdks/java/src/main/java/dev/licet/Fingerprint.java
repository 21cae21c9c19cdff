package dev.licet;

import dev.licet.internal.Fingerprints;
import dev.licet.internal.LicetOptions;

/**
 * The fingerprint of a device for one app.
 *
 * @param value the fingerprint
 * @param kind where it comes from
 */
public record Fingerprint(String value, Kind kind) {
    /** Where a fingerprint comes from. */
    public enum Kind {
        /** The app has passed it. */
        OPTION,
        /** The variable {@code LICET_FINGERPRINT}. */
        ENVIRONMENT,
        /** The operating system's ID of the machine, hashed with the ID of the app. */
        MACHINE,
        /** Random digits that are kept in the store, hashed with the ID of the app. */
        RANDOM
    }

    /**
     * Returns the fingerprint of this device for an app. In a container it is random, because the ID of
     * the machine would be that of the image: use seats there, or set {@code LICET_FINGERPRINT}.
     *
     * @param appId the ID of the app
     * @return the fingerprint
     */
    public static Fingerprint ofDevice(String appId) {
        return ofDevice(appId, null);
    }

    /**
     * Returns the fingerprint of this device for an app, whose random digits are in a store.
     *
     * @param appId the ID of the app
     * @param store the store, or null for that of the app
     * @return the fingerprint
     */
    public static Fingerprint ofDevice(String appId, Store store) {
        LicetOptions.checkAppId(appId);
        return Fingerprints.ofDevice(appId, store);
    }
}
