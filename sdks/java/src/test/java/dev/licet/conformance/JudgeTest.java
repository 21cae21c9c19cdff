package dev.licet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.licet.JsonObject;
import dev.licet.TokenException;
import dev.licet.internal.Imports;
import dev.licet.internal.Judge;
import dev.licet.internal.Json;
import dev.licet.internal.LicenseRecord;
import dev.licet.internal.Outcome;
import dev.licet.internal.Token;
import dev.licet.internal.TokenType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class JudgeTest {
    @TestFactory
    Stream<DynamicTest> judge() {
        return Vectors.read("judge.json").objects("cases").stream().map(each -> DynamicTest.dynamicTest(
                "judge.json, " + each.string("id") + ": " + each.string("description"), () -> check(each)));
    }

    private static void check(JsonObject each) {
        String stored = Json.write(each.get("record"));
        for (JsonObject step : each.objects("steps")) {
            Map<String, Object> options = new LinkedHashMap<>(each.object("options"));
            if (step.object("options") != null) {
                options.putAll(step.object("options"));
            }
            JsonObject result = run(LicenseRecord.parse(stored), step, new JsonObject(options));
            Vectors.assertMatches(result, step.object("expected"));
            stored = Json.write(result.get("record"));
        }
    }

    private static JsonObject run(LicenseRecord record, JsonObject step, JsonObject options) {
        List<String> publicKeys = options.strings("publicKeys");
        Judge.Rules rules = new Judge.Rules(
                publicKeys,
                TokenTest.bindingOf(options),
                secondsOf(options, "refresh", 86_400),
                secondsOf(options, "hardLimit", 2_592_000),
                secondsOf(options, "builtAt", 0));
        Judge.Evidence evidence = Judge.Evidence.open(record, publicKeys);
        long now = step.integer("now");
        try {
            Judge.Ruling ruling;
            if (step.string("importFile") != null) {
                ruling = Imports.addFile(evidence, now, step.string("importFile"), rules);
            } else if (step.string("importRevocations") != null) {
                ruling = Imports.addRevocations(evidence, now, step.string("importRevocations"), rules);
            } else {
                ruling = Judge.judge(evidence, now, readVerdict(step, options, record), rules);
            }
            return describe(ruling.requiring(options.strings("features")));
        } catch (TokenException e) {
            return new JsonObject(
                    Map.of("error", e.code(), "record", Json.parseObject(record.write())));
        }
    }

    private static Outcome.Decision readVerdict(JsonObject step, JsonObject options, LicenseRecord record) {
        JsonObject given = step.object("outcome");
        if (given == null || given.integer("status") == null) {
            return null;
        }
        Outcome.Response response = new Outcome.Response(
                given.integer("status").intValue(),
                given.object("headers").string("date"),
                given.string("body"));
        Outcome outcome = Outcome.read(
                response,
                options.strings("publicKeys"),
                options.string("product"),
                TokenTest.proofOf(options),
                record.feed());
        return outcome instanceof Outcome.Decision decision ? decision : null;
    }

    private static JsonObject describe(Judge.Ruling ruling) {
        return new JsonObject(Map.of(
                "state", Vectors.describe(ruling.state()),
                "record", Json.parseObject(ruling.record().write()),
                "refresh", ruling.refresh()));
    }

    private static long secondsOf(JsonObject options, String name, long fallback) {
        Long given = options.integer(name);
        return given == null ? fallback : given;
    }

    @TestFactory
    Stream<DynamicTest> clock() {
        return Vectors.read("clock.json").objects("cases").stream().map(each -> DynamicTest.dynamicTest(
                "clock.json, " + each.string("id") + ": " + each.string("description"),
                () -> checkClock(each)));
    }

    private static void checkClock(JsonObject each) {
        List<Token> tokens = new ArrayList<>();
        for (Object issuedAt : (List<?>) each.get("issuedAt")) {
            tokens.add(new Token(TokenType.LEASE, "", new JsonObject(Map.of("iat", issuedAt))));
        }
        LicenseRecord record =
                new LicenseRecord(null, null, null, null, each.integer("floor"), null);
        Judge.ClockReading reading = Judge.readClock(
                new Judge.Evidence(record, tokens), each.integer("now"), secondsOf(each, "builtAt", 0));
        Map<String, Object> found = Map.of(
                "time", reading.time(), "behind", reading.isBehind(), "floor", reading.nextFloor());
        assertEquals(each.object("expected"), found);
    }
}
