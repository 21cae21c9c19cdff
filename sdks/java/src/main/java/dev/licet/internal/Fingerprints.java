package dev.licet.internal;

import dev.licet.Fingerprint;
import dev.licet.Fingerprint.Kind;
import dev.licet.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Finds the fingerprint of a device (conformance suite, §Fingerprints). */
public final class Fingerprints {
    private static final String VARIABLE = "LICET_FINGERPRINT";
    private static final String STORED_NAME = "licet-device";
    private static final Pattern STORED_ID = Pattern.compile("[0-9a-f]{32}");

    private Fingerprints() {}

    /** Without a store, random digits are kept in that of the app. */
    public static Fingerprint ofDevice(String appId, Store store) {
        Store chosen = store == null ? LicetOptions.openStore(appId) : store;
        Store used = new FallbackStore(chosen, failure -> {});
        return find(appId, null, System.getenv(VARIABLE), MachineId::find, used);
    }

    /** {@code option}, {@code variable} and the result of {@code machineId} may be null. */
    public static Fingerprint find(
            String appId, String option, String variable, Supplier<String> machineId, Store store) {
        if (isGiven(option)) {
            return new Fingerprint(option, Kind.OPTION);
        }
        if (isGiven(variable)) {
            return new Fingerprint(variable, Kind.ENVIRONMENT);
        }
        String machine = machineId.get();
        return isGiven(machine)
                ? new Fingerprint(hash(appId, machine), Kind.MACHINE)
                : new Fingerprint(hash(appId, findRandomId(store)), Kind.RANDOM);
    }

    /** Returns the hex SHA-256 of an app's ID and a machine ID, so that no two apps share fingerprints. */
    public static String hash(String appId, String machineId) {
        return Bytes.hexHash("licet-fp-v1\n" + appId + "\n" + LicenseKeys.strip(machineId));
    }

    static boolean isGiven(String text) {
        return text != null && !LicenseKeys.strip(text).isEmpty();
    }

    private static String findRandomId(Store store) {
        try {
            String stored = readId(store);
            if (stored != null) {
                return stored;
            }
            String id = HexFormat.of().formatHex(Bytes.random());
            store.put(STORED_NAME, id);
            // Another process may have stored its own at the same time. The last one is that of the device.
            String latest = readId(store);
            return latest == null ? id : latest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String readId(Store store) throws IOException {
        String stored = store.get(STORED_NAME);
        return stored != null && STORED_ID.matcher(stored).matches() ? stored : null;
    }
}
