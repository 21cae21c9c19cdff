package dev.licet.internal;

import dev.licet.Activation;
import dev.licet.JsonObject;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import dev.licet.OfflineRequest;
import dev.licet.Request;
import dev.licet.Seat;
import dev.licet.State;
import dev.licet.TokenException;
import dev.licet.TokenFault;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The calls of a client besides its checks. */
public final class Calls {
    /** A seat with what is left of its lease, measured by the clock of the server. */
    public record TimedSeat(Seat seat, Duration lease) {}

    private interface Importer {
        Judge.Ruling add(Judge.Evidence evidence, long now, String text, Judge.Rules rules);
    }

    private final Session session;

    public Calls(Session session) {
        this.session = session;
    }

    /** Reports a failure that the app does not get as an exception. */
    public void report(Exception problem) {
        session.report(problem);
    }

    public Activation activate(Request request) {
        Subject subject = session.resolve(request);
        Map<String, Object> fields = describePlace(subject);
        fields.put("name", request.name());
        Session.Exchange exchange =
                session.post("/activate", fields, Session.Signing.LEASE, Session.ATTEMPTS_MAX);
        Session.Grant grant = session.readGrant(subject, exchange);
        Activation activation = readActivation(grant.body());
        session.store(subject, grant);
        return activation;
    }

    public Activation deactivate(Request request) {
        Subject subject = session.resolve(request);
        Session.Exchange exchange = session.post(
                "/deactivate", describePlace(subject), Session.Signing.NOTHING, Session.ATTEMPTS_MAX);
        Session.Grant grant = session.readGrant(subject, exchange);
        session.delete(subject);
        return readActivation(grant.body());
    }

    /** The server wants either a domain or a fingerprint. */
    private static Map<String, Object> describePlace(Subject subject) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", subject.requireKey());
        if (subject.domain() != null) {
            fields.put("domain", subject.domain());
        } else if (subject.fingerprint() != null) {
            fields.put("fingerprint", subject.fingerprint());
        } else {
            throw new IllegalArgumentException("Pass the domain or the fingerprint to activate or deactivate.");
        }
        return fields;
    }

    private static Activation readActivation(JsonObject body) {
        Instant createdAt = Times.parse(Session.readMember(body, "created_at"));
        if (createdAt == null) {
            throw new NoAnswerException(Reason.NOT_LICET, "\"created_at\" is not a time.");
        }
        return new Activation(
                Session.readMember(body, "id"),
                "domain".equals(body.string("kind")) ? Activation.Kind.DOMAIN : Activation.Kind.DEVICE,
                Session.readMember(body, "value"),
                body.string("name"),
                createdAt);
    }

    public TimedSeat acquireSeat(Request request) {
        Subject subject = session.resolve(request, null);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("key", subject.requireKey());
        fields.put("fingerprint", Objects.requireNonNullElseGet(subject.fingerprint(), session::device));
        fields.put("name", request.name());
        fields.put("borrow_days", request.borrowDays());
        // The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
        boolean isBorrowed = request.borrowDays() != null;
        Session.Signing signing = isBorrowed ? Session.Signing.LEASE : Session.Signing.ANSWER;
        Session.Exchange exchange = session.post("/seats/acquire", fields, signing, Session.ATTEMPTS_MAX);
        Session.Grant grant = session.readGrant(subject, exchange);
        TimedSeat seat = readSeat(grant);
        if (isBorrowed) {
            session.store(subject, grant);
        }
        return seat;
    }

    public TimedSeat renewSeat(String id, Request request, int attemptsMax) {
        Subject subject = session.resolve(request, null);
        Map<String, Object> fields = Map.of("key", subject.requireKey(), "id", id);
        Session.Exchange exchange =
                session.post("/seats/renew", fields, Session.Signing.ANSWER, attemptsMax);
        return readSeat(session.readGrant(subject, exchange));
    }

    public void releaseSeat(String id, Request request, int attemptsMax) {
        Subject subject = session.resolve(request.withoutDevice(), null);
        Map<String, Object> fields = Map.of("key", subject.requireKey(), "id", id);
        Session.Exchange exchange =
                session.post("/seats/release", fields, Session.Signing.NOTHING, attemptsMax);
        session.readGrant(subject, exchange);
    }

    /** With pinned keys, only the claims are read: a false server could prolong a seat without end. */
    private TimedSeat readSeat(Session.Grant grant) {
        if (grant.verdict() != null) {
            JsonObject seat = grant.verdict().seat();
            if (seat == null) {
                throw new NoAnswerException(Reason.SIGNATURE, "The seat is not signed.");
            }
            long end = seat.integer("exp");
            Duration lease = Duration.ofSeconds(end - grant.verdict().at());
            return new TimedSeat(new Seat(seat.string("id"), Times.of(end)), lease);
        }
        Instant end = Times.parse(Session.readMember(grant.body(), "expires_at"));
        if (end == null) {
            throw new NoAnswerException(Reason.NOT_LICET, "\"expires_at\" is not a time.");
        }
        Instant date = Times.parseHeader(grant.response().date());
        Instant now = date == null ? Instant.ofEpochSecond(session.now()) : date;
        return new TimedSeat(
                new Seat(Session.readMember(grant.body(), "id"), end), Duration.between(now, end));
    }

    public State importFile(String text, Request request) {
        return runImport(text, request, Imports::addFile);
    }

    public State importRevocations(String text, Request request) {
        return runImport(text, request, Imports::addRevocations);
    }

    private State runImport(String text, Request request, Importer importer) {
        if (session.options().publicKeys().isEmpty()) {
            throw new IllegalStateException("Pin public keys, since files are verified with them.");
        }
        Subject subject = session.resolve(request);
        String stripped = LicenseKeys.strip(text);
        Judge.Ruling ruling = session.rule(
                subject, evidence -> importer.add(evidence, session.now(), stripped, session.rules(subject)));
        return States.require(ruling.state(), request.features());
    }

    public OfflineRequest createOfflineRequest(Request request) {
        Subject subject = session.resolve(request);
        String fingerprint = Objects.requireNonNullElseGet(subject.fingerprint(), session::device);
        String name = Fingerprints.isGiven(request.name()) ? request.name() : null;
        String code = OfflineCodes.request(
                subject.product(), subject.requireKey(), fingerprint, name, Bytes.nonce());
        return new OfflineRequest(code, session.options().url() + "/offline#" + code);
    }

    public String returnFile(Request request) {
        return session.change(session.resolve(request), evidence -> {
            Token file = evidence.find(TokenType.FILE);
            String ret = file == null ? null : file.claims().string("ret");
            byte[] secret = ret == null ? null : Bytes.fromBase64url(ret);
            if (secret == null || secret.length == 0) {
                throw new TokenException(
                        TokenFault.MALFORMED, "There is no license file that can be returned.");
            }
            LicenseRecord.Tombstone tombstone = new LicenseRecord.Tombstone(
                    "FILE_RETURNED", "The license of this device was returned.", file.seconds("iat"));
            return new Session.Change<>(
                    evidence.record().withFile(null, tombstone),
                    OfflineCodes.returnCode(secret, file.claims().string("jti")));
        });
    }
}
