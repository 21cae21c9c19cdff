package dev.licet;

import java.util.List;

/**
 * The key, domain and device of a call. Each member that is set replaces that of the client. A request cannot be changed:
 * each method returns another one. Members that a call has no use for are ignored.
 *
 * @param key the customer's license key, as it was pasted
 * @param domain the site on which the app runs
 * @param fingerprint the device
 * @param anyDevice whether no device is named
 * @param name a name for the device, for the vendor's list
 * @param version the version of the app, for the vendor's statistics
 * @param features the features that the call needs
 * @param fresh whether a check waits for the server even if the app may run
 * @param borrowDays for how many days a seat is borrowed, or null
 */
public record Request(
        String key,
        String domain,
        String fingerprint,
        boolean anyDevice,
        String name,
        String version,
        List<String> features,
        boolean fresh,
        Integer borrowDays) {

    /** Creates a request with the values of the client. */
    public Request() {
        this(null, null, null, false, null, null, List.of(), false, null);
    }

    /**
     * Sets the license key.
     *
     * @param newKey the customer's license key, as it was pasted
     * @return the new request
     */
    public Request key(String newKey) {
        return new Request(
                newKey, domain, fingerprint, anyDevice, name, version, features, fresh, borrowDays);
    }

    /**
     * Sets the site on which the app runs. Then no device is named, unless you name it, too.
     *
     * @param newDomain a domain or URL
     * @return the new request
     */
    public Request domain(String newDomain) {
        return new Request(
                key, newDomain, fingerprint, anyDevice, name, version, features, fresh, borrowDays);
    }

    /**
     * Names the device, instead of {@link Fingerprint#ofDevice(String)}.
     *
     * @param newFingerprint the fingerprint
     * @return the new request
     */
    public Request fingerprint(String newFingerprint) {
        return new Request(key, domain, newFingerprint, false, name, version, features, fresh, borrowDays);
    }

    /**
     * Names no device.
     *
     * @return the new request
     */
    public Request withoutDevice() {
        return new Request(key, domain, null, true, name, version, features, fresh, borrowDays);
    }

    /**
     * Sets a name for the device, for the vendor's list.
     *
     * @param newName such as {@code Ada's laptop}
     * @return the new request
     */
    public Request name(String newName) {
        return new Request(
                key, domain, fingerprint, anyDevice, newName, version, features, fresh, borrowDays);
    }

    /**
     * Sets the version of the app, for the vendor's statistics.
     *
     * @param newVersion such as {@code 2.4.1}
     * @return the new request
     */
    public Request version(String newVersion) {
        return new Request(
                key, domain, fingerprint, anyDevice, name, newVersion, features, fresh, borrowDays);
    }

    /**
     * Refuses a license without one of these features.
     *
     * @param newFeatures the names of the features
     * @return the new request
     */
    public Request features(String... newFeatures) {
        return new Request(
                key, domain, fingerprint, anyDevice, name, version, List.of(newFeatures), fresh, borrowDays);
    }

    /**
     * Makes a check wait for the server, even if the app may run.
     *
     * @return the new request
     */
    public Request fromServer() {
        return new Request(key, domain, fingerprint, anyDevice, name, version, features, true, borrowDays);
    }

    /**
     * Keeps a seat for some days, without a connection and without renewing it.
     *
     * @param days the number of days
     * @return the new request
     */
    public Request borrowDays(int days) {
        return new Request(key, domain, fingerprint, anyDevice, name, version, features, fresh, days);
    }
}
