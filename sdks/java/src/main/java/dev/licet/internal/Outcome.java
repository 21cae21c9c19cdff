package dev.licet.internal;

import dev.licet.JsonObject;
import dev.licet.LicetException;
import dev.licet.LicetProblemException;
import dev.licet.License;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import dev.licet.TokenException;
import dev.licet.TokenFault;
import java.time.Instant;
import java.util.List;

/** What a response of a server means: a verdict, or no answer. There is nothing else. */
public sealed interface Outcome {
    /** A verdict of the server, and when it decided, in seconds; null if it did not say. */
    sealed interface Decision extends Outcome {
        Long at();
    }

    /**
     * The license is valid.
     *
     * @param lease the lease, or null
     * @param leaseText the same as it was received
     * @param seat the seat that was granted, if the server has signed one
     * @param body the response, if it needs no signature
     */
    record Granted(
            License license,
            List<String> warnings,
            Long at,
            Token lease,
            String leaseText,
            JsonObject seat,
            JsonObject body)
            implements Decision {}

    /** The license is refused. */
    record Refused(String code, String message, JsonObject details, Long at) implements Decision {}

    /** The response decides nothing. */
    record NoVerdict(LicetException failure) implements Outcome {}

    /** A response of the server, with its header {@code Date}, or null. */
    record Response(int status, String date, String body) {}

    /**
     * Reads a response (conformance suite, §The judge, 1). With pinned keys, only a signed answer is a
     * verdict, and nothing beside it is read.
     */
    static Outcome read(
            Response response,
            List<String> publicKeys,
            String product,
            Verification.Proof proof,
            Feed feed) {
        int status = response.status();
        JsonObject parsed = Json.parseObject(response.body());
        JsonObject body = parsed == null ? JsonObject.EMPTY : parsed;
        if (status != 200 && status != 404) {
            return new NoVerdict(readError(status, body));
        }
        if (!publicKeys.isEmpty()) {
            Outcome found = readSigned(body.string("signed"), publicKeys, product, proof, feed);
            LicetException error = readError(status, body);
            boolean isProblem = found instanceof NoVerdict && error instanceof LicetProblemException;
            return isProblem ? new NoVerdict(error) : found;
        }
        return readUnsigned(status, body, response.date());
    }

    /** Returns what a response reports that grants nothing: a problem, or nothing that counts. */
    static LicetException readError(int status, JsonObject body) {
        if (status >= 400 && status < 500 && body.string("code") != null) {
            return new LicetProblemException(status, body, null, null);
        }
        String message = "The response with status " + status + " does not come from Licet.";
        return new NoAnswerException(Reason.NOT_LICET, message);
    }

    private static Outcome readUnsigned(int status, JsonObject body, String date) {
        Instant time = Times.parseHeader(date);
        Long at = time == null ? null : (Long) time.getEpochSecond();
        JsonObject valid = status == 200 ? LicenseRecord.parseValidBody(body) : null;
        if (valid != null) {
            License license = States.licenseIn(valid);
            return new Granted(license, valid.strings("warnings"), at, null, null, null, valid);
        }
        String code = body.string("error");
        String message = body.string("message");
        if (Boolean.FALSE.equals(body.get("valid")) && code != null && message != null) {
            JsonObject details = body.object("details");
            return new Refused(code, message, details == null ? JsonObject.EMPTY : details, at);
        }
        return new NoVerdict(readError(status, body));
    }

    private static Outcome readSigned(
            String signed,
            List<String> publicKeys,
            String product,
            Verification.Proof proof,
            Feed feed) {
        if (signed == null) {
            return unsigned("The response is not signed.");
        }
        Token token;
        try {
            token = Tokens.openEither(signed, TokenType.LEASE, TokenType.ANSWER, publicKeys);
        } catch (TokenException e) {
            return unsigned(e.getMessage());
        }
        TokenFault fault = Verification.findProofFault(token, proof, feed);
        if (fault != null) {
            return unsigned("The signature proves nothing: " + fault + ".");
        }
        JsonObject claims = token.claims();
        Long at = token.seconds("iat");
        if (Boolean.FALSE.equals(claims.get("valid"))) {
            JsonObject details = claims.object("details");
            return new Refused(
                    claims.string("error"),
                    claims.string("message"),
                    details == null ? JsonObject.EMPTY : details,
                    at);
        }
        if (product != null && !product.equals(claims.string("aud"))) {
            return unsigned("The signed answer is about another product.");
        }
        return new Granted(
                States.licenseOf(claims),
                claims.strings("warnings"),
                at,
                token.isLease() ? token : null,
                token.isLease() ? signed : null,
                claims.object("sea"),
                null);
    }

    private static NoVerdict unsigned(String message) {
        return new NoVerdict(new NoAnswerException(Reason.SIGNATURE, message));
    }
}
