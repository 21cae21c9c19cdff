package dev.licet.live;

import dev.licet.JsonObject;
import dev.licet.Licet;
import dev.licet.Request;
import dev.licet.Store;
import dev.licet.admin.LicetAdmin;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** The running server that LICET_URL and LICET_TOKEN name. */
final class LiveServer {
    static final String NOWHERE = "http://127.0.0.1:9";
    static final String URL = System.getenv("LICET_URL");
    static final LicetAdmin ADMIN =
            URL == null ? null : new LicetAdmin(URL, System.getenv("LICET_TOKEN"));

    /** An app on a device of its own. */
    record Device(Licet licet, String fingerprint) {
        Request request() {
            return new Request().fingerprint(fingerprint);
        }
    }

    private LiveServer() {}

    /** Creates a product and a plan. Returns the slug of the plan. */
    static String createPlan(String product) {
        String prefix = product.replace("-", "").substring(0, 8).toUpperCase(Locale.ROOT);
        ADMIN.products().create(Map.of("slug", product, "name", product, "key_prefix", prefix));
        Map<String, Integer> offline =
                Map.of("refresh_days", 1, "valid_days", 7, "hard_days", 30, "file_days", 365);
        JsonObject plan = ADMIN.plans().create(Map.of(
                "slug", product + "-pro",
                "product", product,
                "name", "Pro",
                "features", Map.of("sso", true),
                "max_domains", 3,
                "max_devices", 2,
                "max_seats", 1,
                "offline", offline));
        return plan.string("slug");
    }

    static JsonObject issue(String plan) {
        return ADMIN.licenses().create(Map.of("plan", plan, "customer_email", "dev@example.com"));
    }

    /** Returns the keys to pin. An app has them in its code and never fetches them. */
    static String[] listPublicKeys() {
        JsonObject set = (JsonObject) ADMIN.request("GET", "/.well-known/licet/jwks.json");
        return set.objects("keys").stream().map(key -> key.string("x")).toArray(String[]::new);
    }

    static Licet.Builder builder(String url, String key, Store store) {
        return Licet.builder(url, "live-client")
                .key(key)
                .publicKeys(listPublicKeys())
                .store(store)
                .timeout(Duration.ofSeconds(url.equals(NOWHERE) ? 1 : 10));
    }

    static Device device(String url, String key, String name) {
        return new Device(builder(url, key, Store.inMemory()).build(), "java-" + name);
    }
}
