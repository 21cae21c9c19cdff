package dev.licet.internal;

import dev.licet.State;
import dev.licet.State.Source;
import dev.licet.State.Status;
import dev.licet.TokenException;
import dev.licet.VerifyOptions;
import java.time.Instant;
import java.util.List;

/** Judges license files and leases on their own. */
public final class Texts {
    private Texts() {}

    /** See {@code Licet.verify}. */
    public static State verify(String text, List<String> publicKeys, VerifyOptions options) {
        Token token;
        try {
            token = Tokens.openEither(
                    LicenseKeys.strip(text), TokenType.FILE, TokenType.LEASE, publicKeys);
        } catch (TokenException e) {
            return States.deny(Status.UNKNOWN, e.code(), e.getMessage(), Source.NONE);
        }
        Verification.Binding binding = new Verification.Binding(
                options.product(), options.fingerprint(), options.domain());
        Judge.Rules rules = new Judge.Rules(publicKeys, binding, 0, 0, 0);
        Judge.Evidence evidence = new Judge.Evidence(LicenseRecord.EMPTY, List.of(token));
        Instant now = options.now() == null ? Instant.now() : options.now();
        State state = Judge.judge(evidence, now.getEpochSecond(), null, rules).state();
        return States.require(state, options.features());
    }
}
