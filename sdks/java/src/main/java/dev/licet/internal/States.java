package dev.licet.internal;

import dev.licet.JsonObject;
import dev.licet.License;
import dev.licet.State;
import dev.licet.State.Source;
import dev.licet.State.Status;
import java.util.ArrayList;
import java.util.List;

/** Builds states. */
final class States {
    private States() {}

    /** Returns a state that does not allow the app to run. */
    static State deny(Status status, String code, String message, Source source) {
        return new State(status, source, code, message, null, List.of(), null, null, null);
    }

    /** Returns the license that a token proves. */
    static License licenseOf(JsonObject claims) {
        return new License(
                claims.string("sub"),
                claims.string("plan"),
                claims.object("features"),
                Times.of(claims.integer("end")));
    }

    /** Returns the license in an unsigned verdict. */
    static License licenseIn(JsonObject verdict) {
        JsonObject license = verdict.object("license");
        String end = license.string("expiresAt");
        return new License(
                license.string("id"),
                license.string("plan"),
                license.object("features"),
                end == null ? null : Times.parse(end));
    }

    static State warn(State state, String warning) {
        List<String> warnings = new ArrayList<>(state.warnings());
        warnings.add(warning);
        return new State(
                state.status(),
                state.source(),
                state.code(),
                state.message(),
                state.license(),
                List.copyOf(warnings),
                state.staleSince(),
                state.refreshAfter(),
                state.validUntil());
    }

    /** Refuses an allowed state without one of the features. */
    static State require(State state, List<String> features) {
        if (!state.allowed()) {
            return state;
        }
        return features.stream()
                .filter(name -> !state.license().includes(name))
                .findFirst()
                .map(name -> deny(
                        Status.REFUSED,
                        "FEATURE_NOT_INCLUDED",
                        "The license does not include the feature \"" + name + "\".",
                        state.source()))
                .orElse(state);
    }
}
