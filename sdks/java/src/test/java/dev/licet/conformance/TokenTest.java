package dev.licet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.licet.JsonObject;
import dev.licet.TokenException;
import dev.licet.internal.Feed;
import dev.licet.internal.Judge;
import dev.licet.internal.LicenseRecord;
import dev.licet.internal.Token;
import dev.licet.internal.TokenType;
import dev.licet.internal.Verification;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class TokenTest {
    @TestFactory
    Stream<DynamicTest> tokens() {
        return Vectors.read("tokens.json").objects("cases").stream().map(each -> DynamicTest.dynamicTest(
                "tokens.json, " + each.string("id") + ": " + each.string("description"), () -> check(each)));
    }

    private static void check(JsonObject each) {
        JsonObject found = verify(each.string("text"), each.object("options"));
        each.object("expected").forEach((name, value) -> assertEquals(value, found.get(name), name));
    }

    private static JsonObject verify(String text, JsonObject options) {
        TokenType type = Arrays.stream(TokenType.values())
                .filter(each -> each.typ().equals(options.string("type")))
                .findFirst()
                .orElseThrow();
        List<String> publicKeys = options.strings("publicKeys");
        Verification.Binding binding = bindingOf(options);
        long now = options.integer("now");
        try {
            Feed feed = Feed.parse(options.object("feed"));
            Verification.Proof proof = proofOf(options);
            Token token = Verification.verify(text, type, publicKeys, proof, binding, feed, now);
            Map<String, Object> found = new LinkedHashMap<>(token.claims());
            found.put("ok", true);
            if (token.isLicense()) {
                Judge.Evidence evidence = new Judge.Evidence(LicenseRecord.EMPTY, List.of(token));
                Judge.Rules rules = new Judge.Rules(publicKeys, binding, 0, 0, 0);
                Judge.Ruling ruling = Judge.judge(evidence, now, null, rules);
                found.put("state", ruling.state().status().name().toLowerCase(Locale.ROOT));
                found.put("refresh", ruling.refresh());
                found.put("clockBehind", Judge.readClock(evidence, now, 0).isBehind());
            }
            return new JsonObject(found);
        } catch (TokenException e) {
            return new JsonObject(Map.of("ok", false, "code", e.code()));
        }
    }

    static Verification.Proof proofOf(JsonObject options) {
        return new Verification.Proof(
                options.string("nonce"), options.string("requestBody"), options.string("route"));
    }

    static Verification.Binding bindingOf(JsonObject options) {
        return new Verification.Binding(
                options.string("product"), options.string("fingerprint"), options.string("domain"));
    }
}
