package dev.licet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.licet.JsonObject;
import dev.licet.LicetProblemException;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import dev.licet.conformance.ScriptedServer;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LicetAdminTest {
    private static final Map<String, String> SOON = Map.of("retry-after", "0");
    private static final Map<String, String> ORDER = Map.of("plan", "pro");

    private final ScriptedServer server = new ScriptedServer();
    private final LicetAdmin admin = new LicetAdmin(server.url() + "/base/", " licet_fake\n");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    @DisplayName("a call sends its API key, its version and its body, and returns the object")
    void sendsCall() {
        server.reply(200, "{\"id\":\"lic_1\",\"devices\":3,\"rate\":1.5}");
        JsonObject license = admin.licenses().create(ORDER);
        assertEquals("lic_1", license.string("id"));
        assertEquals(3, license.integer("devices"));
        assertEquals(1.5, license.get("rate"));
        ScriptedServer.Seen request = server.seen().get(0);
        assertEquals("POST", request.method());
        assertEquals("/base/api/v1/licenses", request.target());
        assertEquals("Bearer licet_fake", request.header("authorization"));
        assertEquals("licet-java/0.1.0", request.header("user-agent"));
        assertEquals("{\"plan\":\"pro\"}", request.body());
    }

    @Test
    @DisplayName("a POST is repeated with the same Idempotency-Key, and another call has another one")
    void repeatsPost() {
        server.reply(503, "", SOON).reply(200, "{}");
        admin.licenses().create(ORDER);
        admin.licenses().create(ORDER);
        List<String> keys =
                server.seen().stream().map(each -> each.header("idempotency-key")).toList();
        assertEquals(3, keys.size());
        assertEquals(keys.get(0), keys.get(1));
        assertNotEquals(keys.get(1), keys.get(2));
    }

    @Test
    @DisplayName("an Idempotency-Key and an If-Match of the app are sent as they are")
    void sendsOptions() {
        server.reply(200, "{}");
        LicetAdmin once = admin.with(admin.options().idempotencyKey("order-1001").ifMatch(7));
        once.licenses().create(ORDER);
        once.licenses().update("lic_1", ORDER);
        assertEquals("order-1001", server.seen().get(0).header("idempotency-key"));
        assertEquals("\"7\"", server.seen().get(1).header("if-match"));
        assertNull(server.seen().get(1).header("idempotency-key"));
    }

    @Test
    @DisplayName("an error of the server is thrown with all that it says, and is not repeated")
    void throwsProblem() {
        String body = "{\"status\":422,\"code\":\"validation_failed\",\"detail\":\"Fix the plan.\","
                + "\"request_id\":\"req_1\",\"errors\":[{\"pointer\":\"/plan\",\"detail\":\"Unknown.\"}]}";
        server.reply(422, body, Map.of("content-type", "application/problem+json"));
        LicetProblemException problem =
                assertThrows(LicetProblemException.class, () -> admin.licenses().create(ORDER));
        assertEquals(422, problem.status());
        assertEquals("validation_failed", problem.code());
        assertEquals("Fix the plan.", problem.detail());
        assertEquals("req_1", problem.requestId());
        assertEquals(List.of(new LicetProblemException.FieldError("/plan", "Unknown.")), problem.errors());
        assertEquals(1, server.seen().size());
    }

    @Test
    @DisplayName("after the last attempt, the error of the server is thrown with its Retry-After")
    void givesUp() {
        server.reply(503, "busy", Map.of("content-type", "text/plain", "retry-after", "0"));
        LicetProblemException problem =
                assertThrows(LicetProblemException.class, () -> admin.plans().get("pro"));
        assertEquals("HTTP_503", problem.code());
        assertEquals(Duration.ZERO, problem.retryAfter());
        assertEquals(3, server.seen().size());
    }

    @Test
    @DisplayName("a list reads the next page when it is needed, and keeps its parameters")
    void readsPages() {
        server.reply(200, "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"next_cursor\":\"x y\"}")
                .reply(200, "{\"data\":[{\"id\":\"c\"}],\"next_cursor\":null}");
        JsonList list = admin.licenses().list(Map.of("status", List.of("active", "expired")));
        assertEquals(0, server.seen().size());
        StringBuilder ids = new StringBuilder();
        for (JsonObject license : list) {
            ids.append(license.string("id"));
        }
        assertEquals("abc", ids.toString());
        String first = "/base/api/v1/licenses?status=active%2Cexpired";
        assertEquals(first, server.seen().get(0).target());
        assertEquals(2, server.seen().size());
        String target = server.seen().get(1).target();
        assertEquals(List.of("cursor=x+y", "status=active%2Cexpired"), sorted(target));
    }

    private static List<String> sorted(String target) {
        return List.of(target.split("\\?")[1].split("&")).stream().sorted().toList();
    }

    @Test
    @DisplayName("a request returns JSON, a text, or null if the response has no body")
    void requests() {
        server.reply(200, "[1]")
                .reply(200, "text", Map.of("content-type", "text/plain"))
                .reply(204, "");
        assertEquals(List.of(1L), admin.request("get", "/api/v1/mails"));
        assertEquals("text", admin.request("GET", "/api/v1/mails"));
        assertNull(admin.request("DELETE", "/api/v1/mails"));
        assertThrows(IllegalArgumentException.class, () -> admin.request("GET", "@example.com"));
    }

    @Test
    @DisplayName("a page of something else, and a redirect, are no answer")
    void rejectsStrangers() {
        server.reply(200, "<html>", Map.of("content-type", "text/html"))
                .reply(302, "", Map.of("location", "http://127.0.0.1:9/"));
        for (int attempt = 0; attempt < 2; attempt++) {
            NoAnswerException failure =
                    assertThrows(NoAnswerException.class, () -> admin.plans().get("pro"));
            assertEquals(Reason.NOT_LICET, failure.reason());
        }
        assertEquals(2, server.seen().size());
    }

    @Test
    @DisplayName("an HTTP client that follows redirects, an address that is none, and no key are rejected")
    void checksOptions() {
        HttpClient follower =
                HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
        AdminOptions options = new AdminOptions();
        assertThrows(IllegalArgumentException.class, () -> options.httpClient(follower));
        assertThrows(IllegalArgumentException.class, () -> new LicetAdmin("licenses.example.com", "t"));
        assertThrows(IllegalArgumentException.class, () -> new LicetAdmin(server.url(), " "));
        assertFalse(new Connection(server.url(), "licet_fake", options).toString().contains("licet_fake"));
    }
}
