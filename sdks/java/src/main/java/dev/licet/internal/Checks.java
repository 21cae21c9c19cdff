package dev.licet.internal;

import dev.licet.LicetException;
import dev.licet.NoAnswerException;
import dev.licet.Request;
import dev.licet.State;
import dev.licet.State.Status;
import dev.licet.Verdict;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Checks licenses. If the record allows the app to run, a check returns at once, and refreshes the record
 * in the background when that is due. Otherwise it waits for the server.
 */
public final class Checks {
    /** A refresh is due earlier by up to this part of its time, so that not all apps ask at once. */
    private static final double JITTER_MAX = 0.1;
    /** The time between two refreshes in the background, which fail or do not help if the clock is wrong. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** A server may check the licenses of many customers with one client. */
    private static final int PAUSES_MAX = 1000;

    /** A state after a request, with the verdict or the reason why there is none. */
    private record Refreshed(State state, Outcome.Decision verdict, LicetException failure) {}

    private final Session session;
    private final double jitter = ThreadLocalRandom.current().nextDouble(JITTER_MAX);
    private final Map<String, CompletableFuture<Refreshed>> running = new ConcurrentHashMap<>();
    private final Map<String, Long> refreshedAt = new ConcurrentHashMap<>();

    public Checks(Session session) {
        this.session = session;
    }

    /** See {@code Licet.check}. */
    public State check(Request request) {
        Subject subject = session.resolve(request);
        Judge.Ruling stored = judge(subject);
        State state = stored.state();
        if (subject.key() == null) {
            return States.require(explainMissingKey(state), request.features());
        }
        if (!state.allowed() || request.fresh()) {
            int attemptsMax = isUsable(state) ? 1 : Session.ATTEMPTS_MAX;
            state = await(refreshOnce(subject, request, attemptsMax), state);
        } else if (stored.refresh()) {
            refreshInBackground(subject, request);
        }
        return States.require(state, request.features());
    }

    /** See {@code Licet.validate}. */
    public Verdict validate(Request request) {
        Subject subject = session.resolve(request);
        subject.requireKey();
        int attemptsMax = isUsable(session.judge(subject).state()) ? 1 : Session.ATTEMPTS_MAX;
        Refreshed refreshed = refresh(subject, request, attemptsMax);
        if (refreshed.verdict() instanceof Outcome.Granted granted) {
            return new Verdict.Valid(granted.license(), granted.warnings());
        }
        if (refreshed.verdict() instanceof Outcome.Refused refused) {
            return new Verdict.Refused(refused.code(), refused.message(), refused.details());
        }
        throw refreshed.failure();
    }

    /** See {@code Licet.awaitIdle}. */
    public boolean awaitIdle(Duration timeout) throws InterruptedException {
        CompletableFuture<?>[] all = running.values().toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(all).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /** Whether a record decides. A server that does not answer is then asked only once. */
    private static boolean isUsable(State state) {
        return state.status() != Status.UNKNOWN;
    }

    private Judge.Ruling judge(Subject subject) {
        return session.rule(subject, evidence -> {
            Judge.Ruling ruling = Judge.judge(evidence, session.now(), null, session.rules(subject));
            boolean refresh = ruling.refresh() || isAlmostDue(evidence);
            return new Judge.Ruling(ruling.state(), ruling.record(), refresh);
        });
    }

    private boolean isAlmostDue(Judge.Evidence evidence) {
        long now = session.now();
        Token lease = evidence.find(TokenType.LEASE);
        if (lease != null) {
            long dueAt = lease.seconds("rfa");
            return now >= dueAt - (dueAt - lease.seconds("iat")) * jitter;
        }
        LicenseRecord.Answer answer = evidence.record().answer();
        double refreshSeconds = session.options().refresh().toSeconds();
        return answer != null && now >= answer.at() + refreshSeconds * (1 - jitter);
    }

    private void refreshInBackground(Subject subject, Request request) {
        String name = subject.recordName();
        long now = System.nanoTime();
        if (refreshedAt.size() >= PAUSES_MAX) {
            refreshedAt.clear();
        }
        Long latest = refreshedAt.get(name);
        boolean isPaused = latest != null && now - latest < PAUSE_NANOS;
        if (!isPaused) {
            refreshedAt.put(name, now);
            refreshOnce(subject, request, 1);
        }
    }

    /** Calls about the same record share one request. */
    private CompletableFuture<Refreshed> refreshOnce(Subject subject, Request request, int attemptsMax) {
        String name = subject.recordName();
        CompletableFuture<Refreshed> own = new CompletableFuture<>();
        CompletableFuture<Refreshed> shared = running.putIfAbsent(name, own);
        if (shared != null) {
            return shared;
        }
        Threads.BACKGROUND.execute(() -> {
            try {
                Refreshed refreshed = refresh(subject, request, attemptsMax);
                if (refreshed.failure() != null) {
                    session.report(refreshed.failure());
                }
                running.remove(name);
                own.complete(refreshed);
            } catch (RuntimeException e) {
                session.report(e);
                own.completeExceptionally(e);
            } finally {
                running.remove(name, own);
            }
        });
        return own;
    }

    /** Validates a license, and changes its record by the verdict. */
    private Refreshed refresh(Subject subject, Request request, int attemptsMax) {
        Session.Exchange exchange;
        try {
            exchange = session.post("/validate", describe(subject, request), Session.Signing.LEASE, attemptsMax);
        } catch (NoAnswerException e) {
            return new Refreshed(session.judge(subject).state(), null, e);
        }
        return session.change(subject, evidence -> {
            Outcome outcome = session.readOutcome(exchange, evidence.record().feed());
            Outcome.Decision verdict = outcome instanceof Outcome.Decision decision ? decision : null;
            LicetException failure = outcome instanceof Outcome.NoVerdict none ? none.failure() : null;
            Judge.Ruling ruling = Judge.judge(evidence, session.now(), verdict, session.rules(subject));
            Refreshed refreshed = new Refreshed(ruling.state(), verdict, failure);
            return new Session.Change<>(ruling.record(), refreshed);
        });
    }

    private static Map<String, Object> describe(Subject subject, Request request) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", subject.requireKey());
        fields.put("product", subject.product());
        fields.put("fingerprint", subject.fingerprint());
        fields.put("domain", subject.domain());
        fields.put("name", request.name());
        fields.put("version", request.version());
        return fields;
    }

    /** An interrupted caller, or a fault of the app's own HTTP client, gets what is stored. */
    private State await(CompletableFuture<Refreshed> refreshed, State stored) {
        try {
            return refreshed.get().state();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return stored;
        } catch (ExecutionException e) {
            return stored;
        }
    }

    /** Says why there is no answer: without a license key, the server was not asked. */
    private static State explainMissingKey(State state) {
        return "NO_ANSWER".equals(state.code())
                ? States.deny(state.status(), state.code(), "There is no license key yet.", state.source())
                : state;
    }
}
