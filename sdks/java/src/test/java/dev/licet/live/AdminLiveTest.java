package dev.licet.live;

import static dev.licet.live.LiveServer.ADMIN;
import static dev.licet.live.LiveServer.URL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.JsonObject;
import dev.licet.LicetProblemException;
import dev.licet.admin.AdminOptions;
import dev.licet.admin.LicetAdmin;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@Tag("live")
class AdminLiveTest {
    private static final String PRODUCT = "java-admin";
    private static String plan;
    private static Map<String, Object> order;

    @BeforeAll
    static void createPlan() {
        plan = LiveServer.createPlan(PRODUCT);
        order = Map.of("plan", plan, "customer_email", "dev@example.com");
    }

    private static LicetProblemException problemOf(Executable call) {
        return assertThrows(LicetProblemException.class, call);
    }

    private static LicetAdmin with(AdminOptions options) {
        return ADMIN.with(options);
    }

    @Test
    @DisplayName("live: admin changes products and plans, and lists them")
    void managesCatalog() {
        assertEquals(PRODUCT, ADMIN.products().get(PRODUCT).string("name"));
        JsonObject renamed = ADMIN.products().update(PRODUCT, Map.of("name", "The Editor"));
        assertEquals("The Editor", renamed.string("name"));
        assertEquals(3, ADMIN.plans().update(plan, Map.of("max_devices", 3)).integer("max_devices"));
        List<String> slugs = ADMIN.plans().list(Map.of("limit", 1)).stream()
                .map(each -> each.string("slug"))
                .toList();
        assertTrue(slugs.contains(plan));
    }

    @Test
    @DisplayName("live: admin issues one license for the same Idempotency-Key")
    void isIdempotent() {
        LicetAdmin once = with(ADMIN.options().idempotencyKey("java-order-1001"));
        String id = once.licenses().create(order).string("id");
        assertEquals(id, once.licenses().create(order).string("id"));
        Map<String, Object> other = Map.of("plan", plan, "customer_email", "other@example.com");
        LicetProblemException problem = problemOf(() -> once.licenses().create(other));
        assertEquals(422, problem.status());
        assertEquals("idempotency_mismatch", problem.code());
    }

    @Test
    @DisplayName("live: admin lists each license once, over several pages")
    void listsPages() {
        String email = "pages@example.com";
        Map<String, Object> six = Map.of("plan", plan, "customer_email", email, "quantity", 6);
        JsonObject created = ADMIN.licenses().createMany(six);
        Map<String, Object> query = Map.of("customer_email", email, "limit", 4);
        Set<String> listed = ADMIN.licenses().list(query).stream()
                .map(each -> each.string("id"))
                .collect(Collectors.toSet());
        List<String> ids = created.objects("data").stream().map(each -> each.string("id")).toList();
        assertEquals(Set.copyOf(ids), listed);
        JsonObject page = ADMIN.licenses().list(query).page();
        assertEquals(4, page.objects("data").size());
        assertNotNull(page.string("next_cursor"));
    }

    @Test
    @DisplayName("live: admin leads a license from its first key to its end")
    void leadsLicense() {
        JsonObject license = ADMIN.licenses().create(order);
        String id = license.string("id");
        String key = license.string("key");
        assertEquals(id, ADMIN.licenses().lookup(key.toLowerCase(Locale.ROOT)).string("id"));
        Map<String, String> reason = Map.of("reason", "payment failed");
        assertEquals("suspended", ADMIN.licenses().suspend(id, reason).string("status"));
        assertEquals("active", ADMIN.licenses().reinstate(id).string("status"));
        String expiry = "2099-01-01T00:00:00Z";
        JsonObject updated = ADMIN.licenses().update(id, Map.of("expires_at", expiry));
        assertEquals(expiry, updated.string("expires_at"));
        JsonObject renewed = ADMIN.licenses().renew(id, Map.of("days", 10));
        assertEquals("2099-01-11T00:00:00Z", renewed.string("expires_at"));
        assertNotEquals(key, ADMIN.licenses().rotateKey(id).string("key"));
        assertEquals("revoked", ADMIN.licenses().revoke(id).string("status"));
        List<String> types = ADMIN.licenses().events(id, Map.of("limit", 2)).stream()
                .map(event -> event.string("type"))
                .toList();
        assertEquals("license.revoked", types.get(0));
        assertEquals("license.created", types.get(types.size() - 1));
    }

    @Test
    @DisplayName("live: admin cannot change an outdated version")
    void refusesOutdatedVersion() {
        JsonObject license = ADMIN.licenses().create(order);
        String id = license.string("id");
        LicetAdmin careful = with(ADMIN.options().ifMatch(license.integer("version")));
        JsonObject changed = careful.licenses().update(id, Map.of("customer_name", "Ada"));
        Executable late = () -> careful.licenses().update(id, Map.of("customer_name", "Eve"));
        assertEquals(412, problemOf(late).status());
        assertEquals(changed.integer("version"), ADMIN.licenses().get(id).integer("version"));
    }

    @Test
    @DisplayName("live: admin shows and frees the devices of a license, and its validations")
    void showsUse() {
        JsonObject license = ADMIN.licenses().create(order);
        String id = license.string("id");
        LiveServer.Device device = LiveServer.device(URL, license.string("key"), "used");
        device.licet().validate(device.request());
        JsonObject activation = ADMIN.licenses().activations(id).iterator().next();
        assertEquals(device.fingerprint(), activation.string("value"));
        JsonObject usage = ADMIN.licenses().usage(id).page();
        assertEquals(1, usage.object("summary").integer("valid"));
        ADMIN.licenses().deleteActivation(id, activation.string("id"));
        assertFalse(ADMIN.licenses().activations(id).iterator().hasNext());
        assertTrue(ADMIN.licenses().explain(id).bool("valid"));
    }

    @Test
    @DisplayName("live: admin manages the endpoints of webhooks")
    void managesWebhooks() {
        Map<String, Object> body =
                Map.of("url", "https://hooks.example.com", "events", List.of("*"));
        JsonObject created = ADMIN.webhooks().create(body);
        String id = created.string("id");
        assertTrue(created.string("secret").startsWith("whsec_"));
        assertNotEquals(created.string("secret"), ADMIN.webhooks().rotateSecret(id).string("secret"));
        assertFalse(ADMIN.webhooks().update(id, Map.of("enabled", false)).bool("enabled"));
        ADMIN.webhooks().delete(id);
        assertEquals("not_found", problemOf(() -> ADMIN.webhooks().get(id)).code());
    }

    @Test
    @DisplayName("live: admin reads events on from the last one that was seen")
    void readsEvents() {
        JsonObject last = ADMIN.events().list(Map.of("limit", 1)).page().objects("data").get(0);
        String id = ADMIN.licenses().create(order).string("id");
        Map<String, Object> query = Map.of("after", last.string("id"), "limit", 1);
        assertTrue(ADMIN.events().list(query).stream().anyMatch(event -> id.equals(event.string("license_id"))));
    }

    @Test
    @DisplayName("live: a problem of admin names the invalid field and the request")
    void namesField() {
        Map<String, Object> wrong = Map.of("plan", "none", "customer_email", "dev@example.com");
        LicetProblemException problem = problemOf(() -> ADMIN.licenses().create(wrong));
        assertEquals("validation_failed", problem.code());
        assertEquals("/plan", problem.errors().get(0).pointer());
        assertNotNull(problem.requestId());
    }
}
