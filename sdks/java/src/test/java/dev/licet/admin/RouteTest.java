package dev.licet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.JsonObject;
import dev.licet.conformance.Vectors;
import dev.licet.internal.Json;
import java.nio.file.Files;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
    @Test
    @DisplayName("each route of LicetAdmin is in the OpenAPI document")
    void isDocumented() throws Exception {
        JsonObject paths = Json.parseObject(Files.readString(Vectors.locate("openapi.json"))).object("paths");
        for (Route route : Route.values()) {
            JsonObject path = paths.object(route.template());
            assertTrue(path != null && path.containsKey(route.method().toLowerCase(Locale.ROOT)), route.name());
        }
    }

    @Test
    @DisplayName("an ID is encoded as one part of a path")
    void encodesIds() {
        assertEquals("/api/v1/licenses/a%2F..%2Fb%20%3F", Route.GET_LICENSE.fill("a/../b ?"));
        assertEquals(
                "/api/v1/licenses/lic_1/seats/seat_2", Route.DELETE_LICENSE_SEAT.fill("lic_1", "seat_2"));
    }

    @ParameterizedTest(name = "the ID \"{0}\", which would lead to another route, is rejected")
    @ValueSource(strings = {"", ".", ".."})
    void rejectsIds(String id) {
        assertThrows(IllegalArgumentException.class, () -> Route.GET_LICENSE.fill(id));
    }
}
