package dev.licet.internal;

import dev.licet.State;
import dev.licet.State.Source;
import dev.licet.State.Status;
import dev.licet.TokenException;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether an app may run (conformance suite, §The judge), without a clock and without I/O. Only
 * a server's verdict can refuse a license: without one, the record decides.
 */
public final class Judge {
    /** How often the time is noted in the record. */
    private static final long FLOOR_SECONDS = 3600;

    /**
     * The settings that stay the same during a call.
     *
     * @param publicKeys without any, nothing signed is read; with some, nothing else
     * @param refreshSeconds when an unsigned answer is to be refreshed
     * @param hardLimitSeconds for how long an unsigned answer is used at most
     * @param builtAt when the app was built, in seconds: no clock that shows an earlier time is right
     */
    public record Rules(
            List<String> publicKeys,
            Verification.Binding binding,
            long refreshSeconds,
            long hardLimitSeconds,
            long builtAt) {
        boolean arePinned() {
            return !publicKeys.isEmpty();
        }
    }

    /** A record with those of its tokens whose signatures are good. */
    public record Evidence(LicenseRecord record, List<Token> tokens) {
        /** Opens the lease and the file of a record. One that cannot be opened counts as absent. */
        public static Evidence open(LicenseRecord record, List<String> publicKeys) {
            List<Token> tokens = new ArrayList<>();
            addToken(tokens, record.lease(), TokenType.LEASE, publicKeys);
            addToken(tokens, record.file(), TokenType.FILE, publicKeys);
            return new Evidence(record, List.copyOf(tokens));
        }

        private static void addToken(
                List<Token> tokens, String text, TokenType type, List<String> publicKeys) {
            if (text == null || publicKeys.isEmpty()) {
                return;
            }
            try {
                tokens.add(Tokens.open(text, type, publicKeys));
            } catch (TokenException e) {
                // It is as good as none.
            }
        }

        /** Returns the token of a type, or null. */
        Token find(TokenType type) {
            return tokens.stream().filter(token -> token.type() == type).findFirst().orElse(null);
        }
    }

    /** A decision, the record to store, and whether the server should be asked. */
    public record Ruling(State state, LicenseRecord record, boolean refresh) {
        public Ruling requiring(List<String> features) {
            return new Ruling(States.require(state, features), record, refresh);
        }
    }

    /** The time at which a record is judged, in seconds. */
    public record ClockReading(long time, boolean isBehind, long nextFloor) {}

    private Judge() {}

    /** Judges a record at a time in seconds, by a verdict or, if that is null, by itself. */
    public static Ruling judge(Evidence evidence, long now, Outcome.Decision verdict, Rules rules) {
        LicenseRecord record = evidence.record();
        if (verdict != null) {
            // The server's clock decides, also if that of the device was ahead before.
            long at = verdict.at() == null ? Math.max(now, record.floor()) : verdict.at();
            LicenseRecord noted = record.withFloor(at);
            return verdict instanceof Outcome.Granted granted
                    ? accept(noted, at, granted, rules)
                    : refuse(noted, at, (Outcome.Refused) verdict);
        }
        ClockReading clock = readClock(evidence, now, rules.builtAt());
        StoredJudge.Ruling stored = StoredJudge.judge(evidence, clock.time(), rules);
        boolean isWarned = clock.isBehind() && stored.state().allowed();
        return new Ruling(
                isWarned ? States.warn(stored.state(), "CLOCK_BEHIND") : stored.state(),
                record.withFloor(clock.nextFloor()),
                stored.refresh() || clock.isBehind());
    }

    private static Ruling accept(LicenseRecord record, long at, Outcome.Granted granted, Rules rules) {
        LicenseRecord.Answer answer =
                granted.body() == null ? null : new LicenseRecord.Answer(at, granted.body());
        Token lease = granted.lease();
        Long refreshAfter = lease == null ? null : (Long) lease.seconds("rfa");
        Long validUntil = lease == null ? null : (Long) lease.seconds("exp");
        if (answer != null) {
            refreshAfter = at + rules.refreshSeconds();
            validUntil = StoredJudge.findExpiry(answer, rules.hardLimitSeconds());
        }
        State state = new State(
                Status.LICENSED,
                Source.SERVER,
                null,
                null,
                granted.license(),
                granted.warnings(),
                null,
                Times.of(refreshAfter),
                Times.of(validUntil));
        // An answer without a lease removes the stored one, because the plan no longer allows it.
        return new Ruling(state, record.withGrant(granted.leaseText(), answer), false);
    }

    private static Ruling refuse(LicenseRecord record, long at, Outcome.Refused refusal) {
        State state = States.deny(Status.REFUSED, refusal.code(), refusal.message(), Source.SERVER);
        // A missing feature says something about the call, not about the license.
        boolean isAboutCall = refusal.code().equals("FEATURE_NOT_INCLUDED");
        LicenseRecord.Tombstone tombstone =
                new LicenseRecord.Tombstone(refusal.code(), refusal.message(), at);
        return new Ruling(state, isAboutCall ? record : record.withRefusal(tombstone), false);
    }

    /** Conformance suite, §Clock: a device's clock can be wrong, or set back on purpose. */
    public static ClockReading readClock(Evidence evidence, long now, long builtAt) {
        long floor = Math.max(evidence.record().floor(), builtAt);
        for (Token token : evidence.tokens()) {
            floor = Math.max(floor, token.seconds("iat"));
        }
        boolean isBehind = now < floor - Verification.CLOCK_LEEWAY_SECONDS;
        return new ClockReading(
                isBehind ? floor : now, isBehind, now >= floor + FLOOR_SECONDS ? now : floor);
    }
}
