package dev.licet.live;

import static dev.licet.live.LiveServer.ADMIN;
import static dev.licet.live.LiveServer.NOWHERE;
import static dev.licet.live.LiveServer.URL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.licet.Activation;
import dev.licet.JsonObject;
import dev.licet.Licet;
import dev.licet.LicetProblemException;
import dev.licet.OfflineRequest;
import dev.licet.Request;
import dev.licet.Seat;
import dev.licet.SeatHold;
import dev.licet.State;
import dev.licet.State.Source;
import dev.licet.State.Status;
import dev.licet.Store;
import dev.licet.Verdict;
import dev.licet.VerifyOptions;
import dev.licet.live.LiveServer.Device;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@Tag("live")
class ClientLiveTest {
    private static final Request SITE = new Request().domain("https://shop.example.com/cart");
    private static String plan;

    @BeforeAll
    static void createPlan() {
        plan = LiveServer.createPlan("java-client");
    }

    private static void assertState(Status status, Source source, String code, State state) {
        assertEquals(status, state.status());
        assertEquals(source, state.source());
        assertEquals(code, state.code());
    }

    private static String codeOf(Executable call) {
        return assertThrows(LicetProblemException.class, call).code();
    }

    @Test
    @DisplayName("live: a license is confirmed by the server, and is valid while the server is away")
    void confirmsLicense() {
        Store store = Store.inMemory();
        String key = LiveServer.issue(plan).string("key");
        State state = LiveServer.builder(URL, key, store).build().check(SITE);
        assertState(Status.LICENSED, Source.SERVER, null, state);
        assertEquals(plan, state.license().plan());
        assertNotNull(state.refreshAfter());

        Licet offline = LiveServer.builder(NOWHERE, key, store).build();
        assertState(Status.LICENSED, Source.LEASE, null, offline.check(SITE.features("sso")));
        assertState(Status.LICENSED, Source.LEASE, null, offline.check(SITE.fromServer()));
        assertEquals("FEATURE_NOT_INCLUDED", offline.check(SITE.features("audit")).code());
        State elsewhere = offline.check(new Request().domain("shop.example.com.attacker.example"));
        assertState(Status.UNKNOWN, Source.NONE, "NO_ANSWER", elsewhere);
    }

    @Test
    @DisplayName("live: a refusal is stored, and outlives the next outage")
    void keepsRefusal() {
        JsonObject license = LiveServer.issue(plan);
        ADMIN.licenses().suspend(license.string("id"));
        Store store = Store.inMemory();
        String key = license.string("key");
        State refused = LiveServer.builder(URL, key, store).build().check(SITE);
        assertState(Status.REFUSED, Source.SERVER, "LICENSE_SUSPENDED", refused);
        State later = LiveServer.builder(NOWHERE, key, store).build().check(SITE);
        assertState(Status.REFUSED, Source.CACHE, "LICENSE_SUSPENDED", later);
    }

    @Test
    @DisplayName("live: a server with another signing key is no answer")
    void rejectsStranger() {
        String key = LiveServer.issue(plan).string("key");
        Licet licet = LiveServer.builder(URL, key, Store.inMemory())
                .publicKeys("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
                .build();
        assertEquals(Status.UNKNOWN, licet.check(SITE).status());
    }

    @Test
    @DisplayName("live: a license without pinned keys is confirmed and cached too")
    void worksWithoutKeys() {
        String key = LiveServer.issue(plan).string("key");
        Store store = Store.inMemory();
        Request here = new Request().domain("localhost");
        State state = LiveServer.builder(URL, key, store).publicKeys().build().check(here);
        assertState(Status.LICENSED, Source.SERVER, null, state);
        State later = LiveServer.builder(NOWHERE, key, store).publicKeys().build().check(here);
        assertState(Status.LICENSED, Source.CACHE, null, later);
    }

    @Test
    @DisplayName("live: devices are activated up to the limit, and deactivated")
    void activatesDevices() {
        JsonObject license = LiveServer.issue(plan);
        String key = license.string("key");
        Device first = LiveServer.device(URL, key, "first");
        Device second = LiveServer.device(URL, key, "second");
        Device third = LiveServer.device(URL, key, "third");
        Activation activation = first.licet().activate(first.request().name("A laptop"));
        assertEquals(Activation.Kind.DEVICE, activation.kind());
        assertEquals(first.fingerprint(), activation.value());
        assertEquals("A laptop", activation.name());
        assertEquals(activation.id(), first.licet().activate(first.request()).id());
        second.licet().activate(second.request());
        LicetProblemException refusal =
                assertThrows(LicetProblemException.class, () -> third.licet().activate(third.request()));
        assertEquals("DEVICE_LIMIT_REACHED", refusal.code());
        assertEquals(2, refusal.details().integer("limit"));
        first.licet().deactivate(first.request());
        third.licet().activate(third.request());
        assertEquals(2, ADMIN.licenses().get(license.string("id")).integer("devices"));
    }

    @Test
    @DisplayName("live: a validation asks the server each time, and returns a refusal")
    void validates() {
        JsonObject license = LiveServer.issue(plan);
        Device device = LiveServer.device(URL, license.string("key"), "validating");
        Verdict.Valid valid =
                assertInstanceOf(Verdict.Valid.class, device.licet().validate(device.request()));
        assertEquals(plan, valid.license().plan());
        ADMIN.licenses().suspend(license.string("id"));
        Verdict.Refused refused =
                assertInstanceOf(Verdict.Refused.class, device.licet().validate(device.request()));
        assertEquals("LICENSE_SUSPENDED", refused.error());
        assertFalse(device.licet().check(device.request()).allowed());
        ADMIN.licenses().reinstate(license.string("id"));
        State state = device.licet().check(device.request().fromServer());
        assertEquals(Status.LICENSED, state.status());
    }

    @Test
    @DisplayName("live: a floating seat is used by one device at a time")
    void sharesSeat() {
        String key = LiveServer.issue(plan).string("key");
        Device one = LiveServer.device(URL, key, "one");
        Device other = LiveServer.device(URL, key, "other");
        try (SeatHold hold = one.licet().seats().hold(one.request())) {
            assertFalse(hold.isLost());
            Executable acquire = () -> other.licet().seats().acquire(other.request());
            assertEquals("SEAT_LIMIT_REACHED", codeOf(acquire));
        }
        Seat seat = other.licet().seats().acquire(other.request());
        assertEquals(seat.id(), other.licet().seats().renew(seat.id()).id());
        other.licet().seats().release(seat.id());
    }

    @Test
    @DisplayName("live: a license file works on its device without any server, until it is returned")
    void importsFile() {
        JsonObject license = LiveServer.issue(plan);
        String id = license.string("id");
        String key = license.string("key");
        Device device = LiveServer.device(NOWHERE, key, "island");
        String fingerprint = device.fingerprint();
        String file = ADMIN.licenses().createFile(id, Map.of("fingerprint", fingerprint)).string("file");
        Licet licet = device.licet();
        assertState(Status.LICENSED, Source.FILE, null, licet.importFile(file, device.request()));
        assertState(Status.LICENSED, Source.FILE, null, licet.check(device.request()));
        VerifyOptions elsewhere = new VerifyOptions().fingerprint("another-device");
        State wrong = Licet.verify(file, List.of(LiveServer.listPublicKeys()), elsewhere);
        assertState(Status.UNKNOWN, Source.FILE, "FINGERPRINT_MISMATCH", wrong);
        String code = licet.returnFile(device.request());
        Map<String, String> body = Map.of("key", key, "code", code);
        ADMIN.request("POST", "/api/v1/offline/deactivate", body, Map.of());
        assertEquals(0, ADMIN.licenses().get(id).integer("devices"));
        assertFalse(licet.check(device.request()).allowed());
    }

    @Test
    @DisplayName("live: a request code from a device without a connection yields its license file")
    void requestsFile() {
        Device device = LiveServer.device(NOWHERE, LiveServer.issue(plan).string("key"), "air-gap");
        OfflineRequest request = device.licet().createOfflineRequest(device.request().name("A press"));
        Map<String, String> body = Map.of("request", request.code());
        JsonObject issued =
                (JsonObject) ADMIN.request("POST", "/api/v1/offline/activate", body, Map.of());
        State state = device.licet().importFile(issued.string("file"), device.request());
        assertState(Status.LICENSED, Source.FILE, null, state);
    }

    @Test
    @DisplayName("live: a revocation reaches a device without a connection by an imported feed")
    void importsRevocations() {
        JsonObject license = LiveServer.issue(plan);
        String id = license.string("id");
        Device device = LiveServer.device(NOWHERE, license.string("key"), "revoked");
        Map<String, String> body = Map.of("fingerprint", device.fingerprint());
        String file = ADMIN.licenses().createFile(id, body).string("file");
        device.licet().importFile(file, device.request());
        ADMIN.licenses().revoke(id);
        Map<String, String> query = Map.of("format", "file");
        String feed = (String) ADMIN.request("GET", "/api/v1/revocations", null, query);
        State state = device.licet().importRevocations(feed, device.request());
        assertState(Status.REFUSED, Source.FILE, "LICENSE_REVOKED", state);
    }
}
