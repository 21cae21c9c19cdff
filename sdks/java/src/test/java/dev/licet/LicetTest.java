package dev.licet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.State.Source;
import dev.licet.State.Status;
import dev.licet.conformance.ScriptedServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LicetTest {
    private static final String KEY = "TO-04HM-ASW9-NF6Y-Y0CN";
    private static final String VALID = "{\"valid\":true,\"license\":{\"id\":\"lic_1\",\"plan\":\"pro\","
            + "\"features\":{\"sso\":true,\"projects\":0},\"expiresAt\":null},\"warnings\":[\"EXPIRES_SOON\"]}";
    private static final String SEAT = "{\"id\":\"seat_1\",\"expires_at\":\"%s\"}";

    private final ScriptedServer server = new ScriptedServer();
    private final List<Exception> problems = new CopyOnWriteArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    private Licet.Builder builder() {
        return Licet.builder(server.url(), "com.example.test")
                .key(KEY)
                .fingerprint("device-1")
                .store(Store.inDirectory(folder))
                .onProblem(problems::add);
    }

    @Test
    @DisplayName("a license that was confirmed once works in the next process, without a server")
    void survivesRestart() throws InterruptedException {
        server.reply(200, VALID);
        State first = builder().build().check();
        assertEquals(Status.LICENSED, first.status());
        assertEquals(List.of("EXPIRES_SOON"), first.warnings());
        assertTrue(first.license().includes("sso"));
        assertFalse(first.license().includes("projects"));
        server.close();
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(20));
        Licet restarted = builder().clock(later).build();
        State second = restarted.check();
        assertEquals(Status.GRACE, second.status());
        assertEquals(Source.CACHE, second.source());
        assertTrue(second.allowed());
        assertTrue(second.staleSince().isBefore(second.validUntil()));
        assertTrue(restarted.awaitIdle(Duration.ofSeconds(20)));
    }

    @Test
    @DisplayName("a check never throws because of the network, the store or the callback for problems")
    void neverThrows() {
        server.close();
        Store broken = new Store() {
            @Override
            public String get(String name) throws IOException {
                throw new IOException("The disk is gone.");
            }

            @Override
            public void put(String name, String text) {
                throw new IllegalStateException("The disk is full.");
            }

            @Override
            public void delete(String name) {
                throw new IllegalStateException("The disk is full.");
            }
        };
        Licet licet = builder()
                .store(broken)
                .onProblem(problem -> {
                    throw new IllegalStateException("The log is broken, too.");
                })
                .build();
        State state = licet.check();
        assertEquals(Status.UNKNOWN, state.status());
        assertEquals("NO_ANSWER", state.code());
    }

    @Test
    @DisplayName("an interrupted check returns what is stored at once, and stays interrupted")
    void isInterrupted() {
        server.reply(503, "", Map.of("retry-after", "5"));
        Thread.currentThread().interrupt();
        State state = builder().build().check();
        assertTrue(Thread.interrupted());
        assertEquals("NO_ANSWER", state.code());
    }

    @Test
    @DisplayName("a check in the background completes its future")
    void checksAsync() throws Exception {
        server.reply(200, VALID);
        State state = builder().build().checkAsync(new Request()).get(10, TimeUnit.SECONDS);
        assertEquals(Source.SERVER, state.source());
    }

    @Test
    @DisplayName("without a license key, a check says so without asking the server")
    void needsKey() {
        Licet licet = builder().key("  ").build();
        assertEquals("There is no license key yet.", licet.check().message());
        assertThrows(IllegalStateException.class, licet::validate);
        assertEquals(0, server.seen().size());
    }

    @Test
    @DisplayName("a key is sent in its normal form, with the domain instead of the device")
    void sendsRequest() {
        server.reply(200, VALID);
        Licet licet = Licet.builder(server.url(), "com.example.test")
                .store(Store.inMemory())
                .build();
        licet.check(new Request().key(" to04hm asw9 nf6y yocn ").domain("example.com").version("2.0"));
        ScriptedServer.Seen request = server.seen().get(0);
        assertEquals(
                "{\"key\":\"" + KEY + "\",\"domain\":\"example.com\",\"version\":\"2.0\"}", request.body());
        assertEquals("licet-java/0.1.0", request.header("user-agent"));
        assertEquals("application/json", request.header("content-type"));
    }

    @Test
    @DisplayName("a wrong option is rejected when the client is built")
    void checksOptions() {
        assertThrows(IllegalArgumentException.class, () -> builder().publicKeys("KVsK").build());
        assertThrows(IllegalArgumentException.class, () -> builder().timeout(Duration.ZERO).build());
        HttpClient follower =
                HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();
        assertThrows(IllegalArgumentException.class, () -> builder().httpClient(follower).build());
        Licet.Builder wrongId = Licet.builder(server.url(), "../escape");
        assertThrows(IllegalArgumentException.class, wrongId::build);
        for (String url : List.of("example.com", "ftp://example.com", "https://a@example.com", "https://example.com?a")) {
            Licet.Builder wrongUrl = Licet.builder(url, "app");
            assertThrows(IllegalArgumentException.class, wrongUrl::build, url);
        }
        assertThrows(IllegalStateException.class, () -> builder().build().importFile("text"));
    }

    @Test
    @DisplayName("a held seat is renewed before it ends, survives an outage, and is given back")
    void holdsSeat() throws Exception {
        Instant renewed = Instant.now().plusSeconds(60);
        server.reply(200, SEAT.formatted(Instant.now().plusMillis(900)))
                .reply(503, "")
                .reply(200, SEAT.formatted(renewed));
        try (SeatHold hold = builder().build().seats().hold()) {
            waitFor(() -> hold.seat().expiresAt().equals(renewed));
            assertFalse(hold.isLost());
        }
        List<String> paths = server.seen().stream().map(ScriptedServer.Seen::target).toList();
        assertEquals("/api/v1/seats/acquire", paths.get(0));
        assertEquals("/api/v1/seats/renew", paths.get(1));
        assertEquals("/api/v1/seats/release", paths.get(paths.size() - 1));
        assertEquals(1, problems.size());
    }

    @Test
    @DisplayName("a held seat that is unknown to the server is acquired again, and a refusal ends the hold")
    void losesSeat() throws Exception {
        String seat = SEAT.formatted(Instant.now().plusMillis(900));
        server.reply(200, seat)
                .reply(404, "{\"code\":\"SEAT_NOT_FOUND\",\"detail\":\"Gone.\"}")
                .reply(200, seat.replace("seat_1", "seat_2"))
                .reply(409, "{\"code\":\"SEAT_LIMIT_REACHED\",\"detail\":\"All are in use.\"}");
        try (SeatHold hold = builder().build().seats().hold()) {
            LicetProblemException loss =
                    hold.lost().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertEquals("SEAT_LIMIT_REACHED", loss.code());
            assertEquals("seat_2", hold.seat().id());
            assertTrue(hold.isLost());
        }
        assertEquals(4, server.seen().size());
    }

    private interface Condition {
        boolean holds();
    }

    private static void waitFor(Condition condition) throws InterruptedException {
        while (!condition.holds()) {
            Thread.sleep(10);
        }
    }

    @Test
    @DisplayName("the fingerprint of a device is the same each time, and another one for another app")
    void findsFingerprint() {
        Store store = Store.inMemory();
        Fingerprint first = Fingerprint.ofDevice("com.example.one", store);
        assertEquals(first, Fingerprint.ofDevice("com.example.one", store));
        assertNotEquals(first.value(), Fingerprint.ofDevice("com.example.two", store).value());
        assertThrows(IllegalArgumentException.class, () -> Fingerprint.ofDevice("a/b"));
    }
}
