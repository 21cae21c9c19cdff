package dev.licet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.Activation;
import dev.licet.JsonObject;
import dev.licet.Licet;
import dev.licet.LicetProblemException;
import dev.licet.NoAnswerException;
import dev.licet.Request;
import dev.licet.Seat;
import dev.licet.Store;
import dev.licet.Verdict;
import dev.licet.admin.LicetAdmin;
import dev.licet.internal.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Phaser;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class HttpTest {
    private static final String SEAT = "seat_01kf0000000000000000000003";
    private static final Duration IDLE_MAX = Duration.ofSeconds(20);
    private static final JsonObject VECTORS = Vectors.read("http.json");
    private static Fixture fixture;

    @BeforeAll
    static void start() {
        fixture = new Fixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @TestFactory
    Stream<DynamicTest> scenarios() {
        return VECTORS.objects("scenarios").stream().map(each -> DynamicTest.dynamicTest(
                "http.json, " + each.string("id") + ": " + each.string("description"), () -> play(each)));
    }

    private static void play(JsonObject scenario) throws Exception {
        String id = URLEncoder.encode(scenario.string("id"), StandardCharsets.UTF_8).replace("+", "%20");
        String url = fixture.url() + "/s/" + id + "/" + UUID.randomUUID();
        Store store = Store.inMemory();
        Player player = new Player(url, scenario.object("client"), store);
        for (JsonObject step : scenario.objects("steps")) {
            if ("empty".equals(step.string("client"))) {
                store = Store.inMemory();
            }
            if (step.string("client") != null) {
                player = new Player(url, scenario.object("client"), store);
            }
            player.play(step);
            waitForRequests(url, step.integer("thenRequests"));
            assertTrue(player.licet.awaitIdle(IDLE_MAX));
        }
        checkRequests(Fixture.log(url), scenario.object("requests"));
    }

    private static void waitForRequests(String url, Long count) throws Exception {
        while (count != null && Fixture.log(url).size() < count) {
            Thread.sleep(10);
        }
    }

    /** A client that plays steps. */
    private static final class Player {
        private final String url;
        private final String fingerprint;
        private final Licet licet;
        private final List<Exception> problems = new CopyOnWriteArrayList<>();

        Player(String url, JsonObject client, Store store) {
            this.url = url;
            fingerprint = client.string("fingerprint");
            List<String> publicKeys = client.bool("pinned") ? VECTORS.strings("publicKeys") : List.of();
            licet = Licet.builder(url, "com.example.conformance")
                    .key(client.string("key"))
                    .product(client.string("product"))
                    .store(store)
                    .timeout(Duration.ofMillis(client.integer("timeoutMs")))
                    .publicKeys(publicKeys.toArray(String[]::new))
                    .onProblem(problems::add)
                    .build();
        }

        void play(JsonObject step) {
            long started = System.nanoTime();
            List<CompletableFuture<JsonObject>> calls = new ArrayList<>();
            long times = step.integer("times") == null ? 1 : step.integer("times");
            Phaser together = new Phaser((int) times);
            for (int count = 0; count < times; count++) {
                calls.add(CompletableFuture.supplyAsync(
                        () -> {
                            together.arriveAndAwaitAdvance();
                            return run(step);
                        },
                        task -> new Thread(task).start()));
            }
            List<JsonObject> results = calls.stream().map(CompletableFuture::join).toList();
            long milliseconds = (System.nanoTime() - started) / 1_000_000;
            results.forEach(result -> Vectors.assertMatches(result, step.object("expected")));
            Long withinMs = step.integer("withinMs");
            assertTrue(withinMs == null || milliseconds <= withinMs, milliseconds + " ms");
            String problem = step.string("problem");
            assertTrue(problem == null || problems.stream().anyMatch(each -> hasCode(each, problem)));
        }

        private static boolean hasCode(Exception problem, String code) {
            return problem instanceof LicetProblemException known && known.code().equals(code);
        }

        private JsonObject run(JsonObject step) {
            try {
                return Vectors.toJson(call(step));
            } catch (NoAnswerException e) {
                return new JsonObject(Map.of("throws", "NoAnswer"));
            } catch (LicetProblemException e) {
                return new JsonObject(Map.of(
                        "throws", "ApiProblem",
                        "status", (long) e.status(),
                        "code", e.code(),
                        "details", e.details()));
            }
        }

        private Map<String, ?> call(JsonObject step) {
            Request request = new Request().fingerprint(fingerprint);
            return switch (step.string("call")) {
                case "check" -> Map.of("state", Vectors.describe(licet.check(optionsOf(step, request))));
                case "validate" -> Map.of("verdict", describe(licet.validate(request)));
                case "activate" -> describe(licet.activate(request));
                case "deactivate" -> describe(licet.deactivate(request));
                case "seats.acquire" -> describe(licet.seats().acquire(request));
                case "seats.renew" -> describe(licet.seats().renew(SEAT));
                case "seats.release" -> {
                    licet.seats().release(SEAT);
                    yield Map.of("ok", true);
                }
                case "admin.licenses.create" -> new LicetAdmin(url, "licet_fake")
                        .licenses()
                        .create(Map.of("plan", "professional", "customer_email", "dev@example.com"));
                default -> throw new IllegalArgumentException(step.string("call"));
            };
        }

        private static Request optionsOf(JsonObject step, Request request) {
            JsonObject with = step.object("with");
            if (with == null) {
                return request;
            }
            Request featured = request.features(with.strings("features").toArray(String[]::new));
            return Boolean.TRUE.equals(with.bool("fresh")) ? featured.fromServer() : featured;
        }

        private static Map<String, ?> describe(Verdict verdict) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("valid", verdict.valid());
            if (verdict instanceof Verdict.Valid valid) {
                members.put("license", Vectors.describe(valid.license()));
                members.put("warnings", valid.warnings());
            } else if (verdict instanceof Verdict.Refused refused) {
                members.put("error", refused.error());
                members.put("message", refused.message());
                members.put("details", refused.details());
            }
            return members;
        }

        private static Map<String, ?> describe(Activation activation) {
            return Map.of("id", activation.id(), "value", activation.value());
        }

        private static Map<String, ?> describe(Seat seat) {
            return Map.of("id", seat.id(), "expiresAt", seat.expiresAt());
        }
    }

    private static void checkRequests(List<JsonObject> log, JsonObject expected) {
        int count = log.size();
        boolean isCount = count >= expected.integer("min") && count <= expected.integer("max");
        assertTrue(isCount, count + " requests");
        if (expected.containsKey("paths")) {
            List<String> paths = log.stream().map(each -> each.string("path")).toList();
            assertEquals(expected.strings("paths"), paths);
        }
        if (expected.get("gapsMs") instanceof List<?> gaps) {
            for (int index = 0; index < gaps.size(); index++) {
                long gap = timeOf(log.get(index + 1)) - timeOf(log.get(index));
                assertTrue(gap >= (Long) gaps.get(index), "gap " + index + ": " + gap);
            }
        }
        List<JsonObject> bodies = log.stream().map(each -> Json.parseObject(each.string("body"))).toList();
        for (JsonObject body : bodies) {
            expected.strings("has").forEach(name -> assertTrue(body.containsKey(name), name));
            expected.strings("hasNot").forEach(name -> assertTrue(!body.containsKey(name), name));
        }
        String distinct = expected.string("distinctMember");
        if (distinct != null) {
            assertEquals(count, bodies.stream().map(body -> body.get(distinct)).distinct().count());
        }
        String same = expected.string("sameHeader");
        if (same != null) {
            assertEquals(1, log.stream().map(each -> each.object("headers").get(same)).distinct().count());
        }
    }

    /** Fractions of a millisecond are not counted. */
    private static long timeOf(JsonObject request) {
        return ((Number) request.get("atMs")).longValue();
    }
}
