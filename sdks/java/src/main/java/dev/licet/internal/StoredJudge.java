package dev.licet.internal;

import dev.licet.License;
import dev.licet.State;
import dev.licet.State.Source;
import dev.licet.State.Status;
import dev.licet.TokenFault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Decides by what is stored, at a time in seconds (conformance suite, §The judge, 3). */
final class StoredJudge {
    record Ruling(State state, boolean refresh) {}

    /** A license, and who says so. */
    private record Facts(Source source, License license, List<String> warnings) {}

    /** In seconds. */
    private record Terms(long refreshAt, long staleAt, long endsAt) {}

    private record Candidate(Token token, TokenFault fault) {}

    private StoredJudge() {}

    static Ruling judge(Judge.Evidence evidence, long time, Judge.Rules rules) {
        LicenseRecord record = evidence.record();
        LicenseRecord.Tombstone tombstone = record.tombstone();
        if (tombstone != null) {
            return stop(Status.REFUSED, tombstone.code(), tombstone.message(), Source.CACHE);
        }
        if (!evidence.tokens().isEmpty()) {
            return judgeTokens(evidence, time, rules);
        }
        if (!rules.arePinned() && record.answer() != null) {
            return judgeAnswer(record.answer(), time, rules);
        }
        return stop(
                Status.UNKNOWN,
                "NO_ANSWER",
                "No license is stored here yet, and the server did not answer.",
                Source.NONE);
    }

    /** Of the tokens that are good, the one with the latest end decides: the lease, if they are equal. */
    private static Ruling judgeTokens(Judge.Evidence evidence, long time, Judge.Rules rules) {
        List<Candidate> candidates = new ArrayList<>();
        for (Token token : evidence.tokens()) {
            candidates.add(new Candidate(token, findFault(token, evidence.record().feed(), time, rules)));
        }
        candidates.sort(Comparator.comparingLong((Candidate each) -> each.token().seconds("exp")).reversed());
        for (Candidate candidate : candidates) {
            if (candidate.fault() == null) {
                return allow(candidate.token(), evidence, time);
            }
        }
        for (Candidate candidate : candidates) {
            if (candidate.fault() == TokenFault.LICENSE_REVOKED) {
                return stop(Status.REFUSED, candidate);
            }
        }
        return stop(Status.UNKNOWN, candidates.get(0));
    }

    private static TokenFault findFault(Token token, Feed feed, long time, Judge.Rules rules) {
        TokenFault fault = Verification.findProofFault(token, Verification.Proof.NONE, feed);
        return fault != null
                ? fault
                : Verification.findLicenseFault(token, rules.binding(), feed, time);
    }

    private static Ruling allow(Token token, Judge.Evidence evidence, long time) {
        Facts facts = new Facts(
                sourceOf(token), States.licenseOf(token.claims()), token.claims().strings("warnings"));
        Terms terms = new Terms(token.seconds("rfa"), token.seconds("vld"), token.seconds("exp"));
        State state = buildAllowed(facts, terms, time);
        Token lease = evidence.find(TokenType.LEASE);
        boolean isLeaseDue = lease != null && time >= lease.seconds("rfa");
        boolean isDue = isLeaseDue || time >= terms.refreshAt();
        return new Ruling(state, isDue || state.status() == Status.GRACE);
    }

    private static Ruling judgeAnswer(LicenseRecord.Answer answer, long time, Judge.Rules rules) {
        long staleAt = answer.at() + rules.refreshSeconds();
        long endsAt = findExpiry(answer, rules.hardLimitSeconds());
        if (time >= endsAt) {
            String message = TokenFault.LEASE_EXPIRED.explanation();
            return stop(Status.UNKNOWN, "CACHE_EXPIRED", message, Source.CACHE);
        }
        License license = States.licenseIn(answer.verdict());
        Facts facts = new Facts(Source.CACHE, license, answer.verdict().strings("warnings"));
        State state = buildAllowed(facts, new Terms(staleAt, staleAt, endsAt), time);
        return new Ruling(state, state.status() == Status.GRACE);
    }

    /** Returns the time in seconds until which an unsigned answer is used. */
    static long findExpiry(LicenseRecord.Answer answer, long hardLimitSeconds) {
        long limit = answer.at() + hardLimitSeconds;
        Instant expiresAt = States.licenseIn(answer.verdict()).expiresAt();
        long end = expiresAt == null ? limit : expiresAt.getEpochSecond();
        // A license in its grace period was valid although its end had passed.
        return end > answer.at() && end < limit ? end : limit;
    }

    private static State buildAllowed(Facts facts, Terms terms, long time) {
        boolean isStale = time >= terms.staleAt();
        return new State(
                isStale ? Status.GRACE : Status.LICENSED,
                facts.source(),
                null,
                null,
                facts.license(),
                facts.warnings(),
                isStale ? Times.of(terms.staleAt()) : null,
                Times.of(terms.refreshAt()),
                Times.of(terms.endsAt()));
    }

    private static Source sourceOf(Token token) {
        return token.isLease() ? Source.LEASE : Source.FILE;
    }

    private static Ruling stop(Status status, Candidate candidate) {
        TokenFault fault = candidate.fault();
        return stop(status, fault.name(), fault.explanation(), sourceOf(candidate.token()));
    }

    private static Ruling stop(Status status, String code, String message, Source source) {
        return new Ruling(States.deny(status, code, message, source), true);
    }
}
