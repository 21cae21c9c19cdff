package dev.licet.internal;

import dev.licet.Fingerprint;
import dev.licet.JsonObject;
import dev.licet.LicetException;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import dev.licet.Request;
import dev.licet.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What all calls of a client share: its records, and its requests. */
public final class Session {
    public static final int ATTEMPTS_MAX = 3;
    private static final Duration TOTAL = Duration.ofSeconds(10);
    private static final int RESPONSE_BYTES_MAX = 1024 * 1024;
    /** The body of a status that decides nothing is not waited for. */
    private static final Http.Reading READING =
            new Http.Reading(status -> !Retry.isPassing(status), RESPONSE_BYTES_MAX);
    private static final int LOCKS = 64;

    /** The kind of signature that a request asks for if keys are pinned. */
    public enum Signing {
        LEASE,
        ANSWER,
        NOTHING
    }

    /** A response, and what its signature must be about. */
    public record Exchange(Outcome.Response response, Verification.Proof proof) {}

    /** A granted request, with its signed verdict if keys are pinned. */
    public record Grant(JsonObject body, Outcome.Granted verdict, Outcome.Response response) {}

    /** A record to store, and the result of the call. */
    record Change<T>(LicenseRecord record, T result) {}

    private final LicetOptions options;
    private final Store store;
    private final Object[] locks = new Object[LOCKS];
    private Fingerprint device;

    public Session(LicetOptions options) {
        this.options = options;
        this.store = new FallbackStore(options.store(), this::report);
        for (int index = 0; index < LOCKS; index++) {
            locks[index] = new Object();
        }
    }

    LicetOptions options() {
        return options;
    }

    /** Returns the time in whole seconds. */
    long now() {
        return Math.floorDiv(options.clock().millis(), 1000L);
    }

    /** A mistake in the app's callback must not stop a check. */
    void report(Exception problem) {
        try {
            options.onProblem().accept(problem);
        } catch (RuntimeException e) {
            // There is no other place to report it to.
        }
    }

    /** Completes a request with the options of the client and the fingerprint of the device. */
    Subject resolve(Request request) {
        String domain = request.domain() == null ? options.domain() : request.domain();
        return resolve(request, domain);
    }

    Subject resolve(Request request, String domain) {
        String key = request.key() == null ? options.key() : request.key();
        boolean isNamed = Fingerprints.isGiven(request.fingerprint());
        String fingerprint = isNamed ? request.fingerprint() : options.fingerprint();
        if (request.anyDevice()) {
            fingerprint = null;
        } else if (!Fingerprints.isGiven(fingerprint)) {
            fingerprint = domain == null ? device() : null;
        }
        return new Subject(normalizeKey(key), options.product(), fingerprint, domain);
    }

    private static String normalizeKey(String key) {
        if (!Fingerprints.isGiven(key)) {
            return null;
        }
        String normal = LicenseKeys.read(key).key();
        return normal == null ? LicenseKeys.strip(key) : normal;
    }

    /** Returns the fingerprint of this device, which stays the same as long as the client. */
    synchronized String device() {
        if (device == null) {
            device = Fingerprints.ofDevice(options.appId(), store);
        }
        return device.value();
    }

    Judge.Rules rules(Subject subject) {
        return new Judge.Rules(
                options.publicKeys(),
                subject.binding(),
                options.refresh().toSeconds(),
                options.hardLimit().toSeconds(),
                options.builtAt().getEpochSecond());
    }

    /**
     * Changes the record of a subject, one change after the other. It is read right before, since another
     * process may have changed it, and written only if it differs.
     */
    <T> T change(Subject subject, Function<Judge.Evidence, Change<T>> change) {
        String name = subject.recordName();
        synchronized (lockOf(name)) {
            try {
                Judge.Evidence evidence = load(name);
                Change<T> result = change.apply(evidence);
                if (!result.record().equals(evidence.record())) {
                    store.put(name, result.record().write());
                }
                return result.result();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Changes the record of a subject by a ruling about it. */
    Judge.Ruling rule(Subject subject, Function<Judge.Evidence, Judge.Ruling> judge) {
        return change(subject, evidence -> {
            Judge.Ruling ruling = judge.apply(evidence);
            return new Change<>(ruling.record(), ruling);
        });
    }

    /** Judges a license by its record alone. */
    Judge.Ruling judge(Subject subject) {
        return rule(subject, evidence -> Judge.judge(evidence, now(), null, rules(subject)));
    }

    void delete(Subject subject) {
        String name = subject.recordName();
        synchronized (lockOf(name)) {
            try {
                store.delete(name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Returns the revocations that were imported for a license, or null. */
    private Feed feed(Subject subject) {
        return change(subject, evidence -> new Change<>(evidence.record(), evidence.record().feed()));
    }

    private Judge.Evidence load(String name) throws IOException {
        return Judge.Evidence.open(LicenseRecord.parse(store.get(name)), options.publicKeys());
    }

    private Object lockOf(String name) {
        return locks[Math.floorMod(name.hashCode(), LOCKS)];
    }

    /** Sends a request of an app. Throws {@code NoAnswerException} if all attempts fail. */
    Exchange post(String path, Map<String, ?> fields, Signing signing, int attemptsMax) {
        boolean isSigned = signing != Signing.NOTHING && !options.publicKeys().isEmpty();
        Map<String, String> headers = Map.of(
                "content-type", "application/json",
                "accept", "application/json",
                "user-agent", Http.USER_AGENT);
        return Retry.run(new Retry.Limits(attemptsMax, TOTAL), remaining -> {
            String nonce = isSigned ? Bytes.nonce() : null;
            Map<String, Object> members = new LinkedHashMap<>(fields);
            members.put("lease", isSigned && signing == Signing.LEASE ? true : null);
            members.put("nonce", nonce);
            members.values().removeIf(value -> value == null);
            String body = Json.write(members);
            Duration timeout = remaining.compareTo(options.timeout()) < 0 ? remaining : options.timeout();
            String url = options.url() + "/api/v1" + path;
            Http.Response response = Http.send(
                    options.httpClient(), new Http.Call("POST", url, headers, body, timeout), READING);
            return new Exchange(read(response), new Verification.Proof(nonce, body, path));
        });
    }

    private Outcome.Response read(Http.Response response) {
        int status = response.status();
        if (Retry.isPassing(status)) {
            Duration wait =
                    Retry.parseRetryAfter(response.header("retry-after"), Instant.now());
            throw new NoAnswerException(Reason.STATUS, "The server answered " + status + ".", wait, null);
        }
        return new Outcome.Response(status, response.header("date"), response.body());
    }

    Outcome readOutcome(Exchange exchange, Feed feed) {
        return Outcome.read(
                exchange.response(), options.publicKeys(), options.product(), exchange.proof(), feed);
    }

    /**
     * Returns what the server granted. Throws {@code LicetProblemException} if it refuses, and
     * {@code NoAnswerException} if the response is not one of Licet or, with pinned keys, not signed.
     */
    Grant readGrant(Subject subject, Exchange exchange) {
        Outcome.Response response = exchange.response();
        JsonObject body = Json.parseObject(response.body());
        if (response.status() != 200) {
            throw Outcome.readError(response.status(), body == null ? JsonObject.EMPTY : body);
        }
        if (body == null) {
            throw new NoAnswerException(Reason.NOT_LICET, "The response does not come from Licet.");
        }
        if (exchange.proof().nonce() == null) {
            return new Grant(body, null, response);
        }
        Outcome outcome = readOutcome(exchange, feed(subject));
        if (outcome instanceof Outcome.Granted granted) {
            return new Grant(body, granted, response);
        }
        LicetException failure = outcome instanceof Outcome.NoVerdict none
                ? none.failure()
                : new NoAnswerException(Reason.SIGNATURE, "The response grants what its signature refuses.");
        throw failure;
    }

    /** Stores the lease that came with a granted request. */
    void store(Subject subject, Grant grant) {
        if (grant.verdict() != null) {
            rule(subject, evidence -> Judge.judge(evidence, now(), grant.verdict(), rules(subject)));
        }
    }

    /** Returns a member of a response that is a text. Throws {@code NoAnswerException} if it is missing. */
    static String readMember(JsonObject body, String name) {
        String text = body.string(name);
        if (text == null) {
            throw new NoAnswerException(Reason.NOT_LICET, "The response has no \"" + name + "\".");
        }
        return text;
    }
}
