package dev.licet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.Fingerprint;
import dev.licet.JsonObject;
import dev.licet.Keys;
import dev.licet.Store;
import dev.licet.WebhookException;
import dev.licet.Webhooks;
import dev.licet.internal.Bytes;
import dev.licet.internal.Domains;
import dev.licet.internal.Fingerprints;
import dev.licet.internal.Json;
import dev.licet.internal.OfflineCodes;
import dev.licet.internal.Subject;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ValuesTest {
    @TestFactory
    Stream<DynamicTest> keys() {
        JsonObject vectors = Vectors.read("keys.json");
        return Stream.of("valid", "reads_as", "malformed", "foreign", "unusable")
                .flatMap(list -> vectors.objects(list).stream().map(each -> keyTest(list, each)));
    }

    private static DynamicTest keyTest(String list, JsonObject each) {
        String check = list.equals("reads_as") ? "valid" : list;
        String text = list.equals("valid") ? each.string("key") : each.string("text");
        String canonical = list.equals("valid") ? text : each.string("canonical");
        return DynamicTest.dynamicTest("keys.json: " + Json.write(text) + " is " + check, () -> {
            assertEquals(check, Keys.check(text).name().toLowerCase(Locale.ROOT));
            if (canonical != null || check.equals("unusable")) {
                assertEquals(canonical, Keys.normalize(text));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> domains() {
        return Vectors.read("domains.json").objects("cases").stream().map(each -> {
            boolean covered = each.bool("covered");
            String name = "domains.json: %s %s %s (%s)".formatted(
                    each.strings("dom"),
                    covered ? "covers" : "does not cover",
                    each.string("domain"),
                    each.string("note"));
            return DynamicTest.dynamicTest(
                    name,
                    () -> assertEquals(covered, Domains.covers(each.strings("dom"), each.string("domain"))));
        });
    }

    /** A host that the server refuses is in no license. */
    @TestFactory
    Stream<DynamicTest> hostnames() {
        return Vectors.read("hostnames.json").objects("hostnames").stream()
                .filter(each -> each.string("host") != null)
                .map(each -> DynamicTest.dynamicTest(
                        "hostnames.json: " + Json.write(each.string("text")) + " is " + each.string("host"),
                        () -> assertTrue(
                                Domains.covers(List.of(each.string("host")), each.string("text")))));
    }

    @TestFactory
    Stream<DynamicTest> machines() {
        return Vectors.read("fingerprints.json").objects("machines").stream().map(each -> {
            String machine = each.string("machineId");
            String name = "fingerprints.json: the machine " + Json.write(machine) + " (" + each.string("note") + ")";
            return DynamicTest.dynamicTest(
                    name,
                    () -> assertEquals(
                            each.string("fingerprint"), Fingerprints.hash(each.string("appId"), machine)));
        });
    }

    @TestFactory
    Stream<DynamicTest> sources() {
        return Vectors.read("fingerprints.json").objects("sources").stream().map(each -> DynamicTest.dynamicTest(
                "fingerprints.json: " + each.string("description"), () -> checkSource(each)));
    }

    private static void checkSource(JsonObject each) throws IOException {
        Store store = Store.inMemory();
        store.put("licet-device", each.string("random"));
        String machine = each.bool("container") ? null : each.string("machineId");
        Fingerprint found = Fingerprints.find(
                each.string("appId"),
                each.string("option"),
                each.string("environment"),
                () -> machine,
                store);
        Map<String, Object> actual =
                Map.of("kind", found.kind().name().toLowerCase(Locale.ROOT), "value", found.value());
        assertEquals(each.object("expected"), actual);
    }

    @TestFactory
    Stream<DynamicTest> stores() {
        return Vectors.read("fingerprints.json").objects("stores").stream().map(each -> {
            String key = Keys.normalize(each.string("key"));
            Subject subject = new Subject(
                    key == null ? each.string("key") : key,
                    each.string("product"),
                    each.string("fingerprint"),
                    each.string("domain"));
            return DynamicTest.dynamicTest(
                    "fingerprints.json: the name of the file for " + each.string("note"),
                    () -> assertEquals(each.string("name"), subject.recordName() + ".json"));
        });
    }

    @TestFactory
    Stream<DynamicTest> offlineRequests() {
        return Vectors.read("offline.json").objects("requests").stream().map(each -> {
            JsonObject request = each.object("request");
            return DynamicTest.dynamicTest(
                    "offline.json: the request code of " + request,
                    () -> assertEquals(
                            each.string("code"),
                            OfflineCodes.request(
                                    request.string("product"),
                                    request.string("key"),
                                    request.string("fp"),
                                    request.string("name"),
                                    request.string("nonce"))));
        });
    }

    @TestFactory
    Stream<DynamicTest> returnCodes() {
        return Vectors.read("offline.json").objects("returns").stream().map(each -> DynamicTest.dynamicTest(
                "offline.json: the return code " + each.string("code"),
                () -> assertEquals(
                        each.string("code"),
                        OfflineCodes.returnCode(
                                Bytes.fromBase64url(each.string("ret")), each.string("jti")))));
    }

    @TestFactory
    Stream<DynamicTest> webhooks() {
        return Vectors.read("webhooks.json").objects("cases").stream().map(each -> DynamicTest.dynamicTest(
                "webhooks.json, " + each.string("id") + ": " + each.string("description"),
                () -> checkWebhook(each)));
    }

    private static void checkWebhook(JsonObject each) {
        byte[] body = Bytes.utf8(each.string("body"));
        Clock clock = Clock.fixed(Instant.ofEpochSecond(each.integer("now")), ZoneOffset.UTC);
        if (each.object("expected").bool("ok")) {
            Webhooks.verify(body, each.object("headers"), each.strings("secrets"), clock);
        } else {
            assertThrows(
                    WebhookException.class,
                    () -> Webhooks.verify(body, each.object("headers"), each.strings("secrets"), clock));
        }
    }
}
