package dev.licet.internal;

import dev.licet.Store;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The options of a client, complete and checked. The HTTP client, key, and what it is for may be null. */
public record LicetOptions(
        String url,
        String appId,
        String key,
        String product,
        String domain,
        String fingerprint,
        List<String> publicKeys,
        Store store,
        Duration timeout,
        Duration refresh,
        Duration hardLimit,
        HttpClient httpClient,
        Clock clock,
        Instant builtAt,
        Consumer<Exception> onProblem) {

    private static final Pattern APP_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    public LicetOptions {
        url = Http.parseServerUrl(url);
        checkAppId(appId);
        publicKeys = List.copyOf(publicKeys);
        publicKeys.forEach(LicetOptions::checkPublicKey);
        store = store == null ? openStore(appId) : store;
        checkDuration("timeout", timeout);
        checkDuration("refresh", refresh);
        checkDuration("hardLimit", hardLimit);
        Http.checkClient(httpClient);
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(builtAt, "builtAt");
        Objects.requireNonNull(onProblem, "onProblem");
    }

    /** An app ID is part of the path of a file. */
    public static void checkAppId(String appId) {
        if (!APP_ID.matcher(appId).matches()) {
            throw new IllegalArgumentException(
                    "appId must be 1–100 letters, digits, dots, dashes or underscores.");
        }
    }

    /** Returns the store of an app: a file in the configuration directory of the user. */
    static Store openStore(String appId) {
        Map<String, String> variables = System.getenv();
        String system = System.getProperty("os.name", "");
        return new FileStore(FileStore.findConfigDirectory(appId, system, variables));
    }

    private static void checkPublicKey(String text) {
        Tokens.PinnedKey key = Tokens.parsePublicKey(text);
        if (key == null || !Ed25519.isSoundKey(key.bytes())) {
            throw new IllegalArgumentException(
                    "A public key must be one that `licet signing keys` has printed, unlike " + text);
        }
    }

    private static void checkDuration(String name, Duration duration) {
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException(name + " must be above 0.");
        }
    }
}
