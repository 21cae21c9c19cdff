package dev.licet;

import dev.licet.internal.Calls;
import dev.licet.internal.Checks;
import dev.licet.internal.LicetOptions;
import dev.licet.internal.Session;
import dev.licet.internal.Texts;
import dev.licet.internal.Threads;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Checks the license of an app, online and offline. Create one client and keep it. It may be used by
 * several threads.
 */
public final class Licet {
    private final Checks checks;
    private final Calls calls;
    private final Seats seats;

    private Licet(LicetOptions options) {
        Session session = new Session(options);
        checks = new Checks(session);
        calls = new Calls(session);
        seats = new Seats(calls);
    }

    /**
     * Starts the description of a client.
     *
     * @param url the address of the server, such as {@code https://licenses.example.com}
     * @param appId the name of your app in letters, digits, dots and dashes. Never change it
     * @return what builds the client
     */
    public static Builder builder(String url, String appId) {
        return new Builder(url, appId);
    }

    /**
     * Decides whether the app may run. See {@link #check(Request)}.
     *
     * @return the state
     */
    public State check() {
        return check(new Request());
    }

    /**
     * Decides whether the app may run: call it at launch, and as often as you like. It never throws
     * because of the network, the server or the store. It returns at once if a stored license allows the
     * app to run. Otherwise it waits for the server, for at most ten seconds.
     *
     * @param request what the check is about
     * @return the state
     */
    public State check(Request request) {
        return checks.check(request);
    }

    /**
     * Does the same in the background, such as for the thread of a user interface.
     *
     * @param request what the check is about
     * @return the state, later
     */
    public CompletableFuture<State> checkAsync(Request request) {
        return CompletableFuture.supplyAsync(() -> check(request), Threads.BACKGROUND);
    }

    /**
     * Waits until no check is working in the background, such as before the process ends.
     *
     * @param timeout how long to wait at most
     * @return whether no check is working
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitIdle(Duration timeout) throws InterruptedException {
        return checks.awaitIdle(timeout);
    }

    /**
     * Asks the server in any case. See {@link #validate(Request)}.
     *
     * @return the verdict
     */
    public Verdict validate() {
        return validate(new Request());
    }

    /**
     * Asks the server in any case. A refusal is returned, not thrown.
     *
     * @param request what the validation is about
     * @return the verdict
     * @throws NoAnswerException if there is no answer
     * @throws LicetProblemException if the request was wrong
     */
    public Verdict validate(Request request) {
        return checks.validate(request);
    }

    /**
     * Activates this device, or the domain of the client. See {@link #activate(Request)}.
     *
     * @return the activation
     */
    public Activation activate() {
        return activate(new Request());
    }

    /**
     * Activates the domain, or else the device. Repeating it returns the same activation.
     *
     * @param request the domain or device, and its name
     * @return the activation
     * @throws LicetProblemException with the code of the refusal, such as {@code DEVICE_LIMIT_REACHED}
     * @throws NoAnswerException if there is no answer
     */
    public Activation activate(Request request) {
        return calls.activate(request);
    }

    /**
     * Frees the slot of this device, or of the domain of the client. See {@link #deactivate(Request)}.
     *
     * @return the activation that has ended
     */
    public Activation deactivate() {
        return deactivate(new Request());
    }

    /**
     * Frees the slot of the domain, or else of the device, and deletes what is stored.
     *
     * @param request the domain or device
     * @return the activation that has ended
     * @throws LicetProblemException if the server refuses
     * @throws NoAnswerException if there is no answer
     */
    public Activation deactivate(Request request) {
        return calls.deactivate(request);
    }

    /** Returns the calls about floating seats. */
    public Seats seats() {
        return seats;
    }

    /**
     * Imports a license file for this device. See {@link #importFile(String, Request)}.
     *
     * @param text the text of the file
     * @return the state with it
     */
    public State importFile(String text) {
        return importFile(text, new Request());
    }

    /**
     * Imports a license file.
     *
     * @param text the text of the file
     * @param request the device or domain
     * @return the state with it
     * @throws TokenException if it is not for this app and device
     */
    public State importFile(String text, Request request) {
        return calls.importFile(text, request);
    }

    /**
     * Imports revocations for this device. See {@link #importRevocations(String, Request)}.
     *
     * @param text the text of the feed
     * @return the state with it
     */
    public State importRevocations(String text) {
        return importRevocations(text, new Request());
    }

    /**
     * Imports a revocation feed on a device without a connection.
     *
     * @param text the text of the feed
     * @param request the device or domain
     * @return the state with it
     * @throws TokenException if it is not one, or others must be imported before
     */
    public State importRevocations(String text, Request request) {
        return calls.importRevocations(text, request);
    }

    /**
     * Returns the code with which a device without a connection asks for a license file.
     *
     * @param request the device, and its name
     * @return the code
     */
    public OfflineRequest createOfflineRequest(Request request) {
        return calls.createOfflineRequest(request);
    }

    /**
     * Deletes the license file of this device. See {@link #returnFile(Request)}.
     *
     * @return the return code
     */
    public String returnFile() {
        return returnFile(new Request());
    }

    /**
     * Deletes the license file, and returns the code that frees its slot, such as {@code 7Q4MX-0ZD9K}. The
     * same file cannot be imported again.
     *
     * @param request the device or domain
     * @return the return code
     * @throws TokenException without a file that is bound to a device or domain
     */
    public String returnFile(Request request) {
        return calls.returnFile(request);
    }

    /**
     * Returns the state that a license file or a lease gives on its own, without a network or store. Any
     * other text is {@code UNKNOWN}, with a code such as {@code SIGNATURE_INVALID}.
     *
     * @param text the text of the file
     * @param publicKeys the keys that may have signed it
     * @param options what it must be for
     * @return the state
     */
    public static State verify(String text, List<String> publicKeys, VerifyOptions options) {
        return Texts.verify(text, publicKeys, options);
    }

    /** Builds a client. */
    public static final class Builder {
        private final String url;
        private final String appId;
        private String key;
        private String product;
        private String domain;
        private String fingerprint;
        private List<String> publicKeys = List.of();
        private Store store;
        private Duration timeout = Duration.ofSeconds(3);
        private Duration refresh = Duration.ofDays(1);
        private Duration hardLimit = Duration.ofDays(30);
        private HttpClient httpClient;
        private Clock clock = Clock.systemUTC();
        private Instant builtAt = Instant.EPOCH;
        private Consumer<Exception> onProblem = problem -> {};

        private Builder(String url, String appId) {
            this.url = url;
            this.appId = appId;
        }

        /**
         * Sets the license key. Without one, only a license file can allow the app to run.
         *
         * @param newKey the customer's license key, as it was pasted, or null
         * @return this
         */
        public Builder key(String newKey) {
            key = newKey;
            return this;
        }

        /**
         * Sets the product, so that a key for another product is refused.
         *
         * @param newProduct its slug
         * @return this
         */
        public Builder product(String newProduct) {
            product = newProduct;
            return this;
        }

        /**
         * Sets the site on which the app runs.
         *
         * @param newDomain a domain or URL
         * @return this
         */
        public Builder domain(String newDomain) {
            domain = newDomain;
            return this;
        }

        /**
         * Names the device, instead of {@link Fingerprint#ofDevice(String)}.
         *
         * @param newFingerprint the fingerprint
         * @return this
         */
        public Builder fingerprint(String newFingerprint) {
            fingerprint = newFingerprint;
            return this;
        }

        /**
         * Pins the public keys that {@code licet signing keys} prints: with them, no other server can
         * answer.
         *
         * @param newPublicKeys the keys
         * @return this
         */
        public Builder publicKeys(String... newPublicKeys) {
            publicKeys = List.of(newPublicKeys);
            return this;
        }

        /**
         * Sets where the record is kept: by default a file in the user's configuration directory.
         *
         * @param newStore the store
         * @return this
         */
        public Builder store(Store newStore) {
            store = newStore;
            return this;
        }

        /**
         * Sets how long to wait for an answer: 3 seconds by default.
         *
         * @param newTimeout the time
         * @return this
         */
        public Builder timeout(Duration newTimeout) {
            timeout = newTimeout;
            return this;
        }

        /**
         * Sets for how long an answer is used if no keys are pinned. With keys, the plan decides.
         *
         * @param newRefresh when it is to be refreshed: after one day by default
         * @param newHardLimit when it ends: after 30 days by default
         * @return this
         */
        public Builder offline(Duration newRefresh, Duration newHardLimit) {
            refresh = newRefresh;
            hardLimit = newHardLimit;
            return this;
        }

        /**
         * Sets the HTTP client, such as one with a proxy or an {@code SSLContext}. It must not follow
         * redirects.
         *
         * @param newHttpClient the HTTP client
         * @return this
         */
        public Builder httpClient(HttpClient newHttpClient) {
            httpClient = newHttpClient;
            return this;
        }

        /**
         * Sets the clock.
         *
         * @param newClock the clock
         * @return this
         */
        public Builder clock(Clock newClock) {
            clock = newClock;
            return this;
        }

        /**
         * Sets when the app was built: a clock that shows an earlier time is wrong.
         *
         * @param newBuiltAt the time
         * @return this
         */
        public Builder builtAt(Instant newBuiltAt) {
            builtAt = newBuiltAt;
            return this;
        }

        /**
         * Sets what receives every failure that does not reach the app as an exception, for its log. It
         * may be called by any thread.
         *
         * @param newOnProblem the receiver
         * @return this
         */
        public Builder onProblem(Consumer<Exception> newOnProblem) {
            onProblem = newOnProblem;
            return this;
        }

        /**
         * Builds the client.
         *
         * @return the client
         * @throws IllegalArgumentException that says which option is wrong
         */
        public Licet build() {
            return new Licet(new LicetOptions(
                    url,
                    appId,
                    key,
                    product,
                    domain,
                    fingerprint,
                    publicKeys,
                    store,
                    timeout,
                    refresh,
                    hardLimit,
                    httpClient,
                    clock,
                    builtAt,
                    onProblem));
        }
    }
}
