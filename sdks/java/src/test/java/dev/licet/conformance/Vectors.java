package dev.licet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.licet.JsonObject;
import dev.licet.License;
import dev.licet.State;
import dev.licet.internal.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the test cases of the conformance suite, and compares results with them. */
public final class Vectors {
    private static final String MAJOR_VERSION = "1";

    private Vectors() {}

    /** Returns a file of the repository. */
    public static Path locate(String path) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("sdks/conformance"))) {
            folder = folder.getParent();
        }
        return folder.resolve(path);
    }

    /** Reads a file of test cases. Fails if it is for another major version of the suite. */
    public static JsonObject read(String name) {
        try {
            String text = Files.readString(locate("sdks/conformance/vectors/" + name));
            JsonObject vectors = Json.parseObject(text);
            assertEquals(MAJOR_VERSION, vectors.string("version").split("\\.")[0], name);
            return vectors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Compares what {@code expected} contains. A member that is null there must be null or absent. Objects
     * below the first level must have no other members, apart from a state or a verdict.
     */
    public static void assertMatches(JsonObject actual, JsonObject expected) {
        expected.forEach((name, value) -> {
            Object found = actual.get(name);
            boolean isOpen = name.equals("state") || name.equals("verdict");
            if (isOpen && value instanceof JsonObject members) {
                if (!(found instanceof JsonObject object)) {
                    fail(name + " is missing");
                    return;
                }
                assertMatches(object, members);
            } else {
                assertEquals(dropNull(value), dropNull(found), name);
            }
        });
    }

    private static Object dropNull(Object value) {
        if (value instanceof JsonObject object) {
            Map<String, Object> members = new LinkedHashMap<>();
            object.forEach((name, member) -> {
                if (member != null) {
                    members.put(name, dropNull(member));
                }
            });
            return members;
        }
        if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>();
            list.forEach(element -> elements.add(dropNull(element)));
            return elements;
        }
        return value;
    }

    /** Returns a value as the JSON that it is written as, read again. */
    public static JsonObject toJson(Map<String, ?> value) {
        return Json.parseObject(Json.write(value));
    }

    /** Returns a state as the suite writes it. */
    public static JsonObject describe(State state) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("allowed", state.allowed());
        members.put("status", state.status().name().toLowerCase(Locale.ROOT));
        members.put("source", state.source().name().toLowerCase(Locale.ROOT));
        members.put("code", state.code());
        members.put("message", state.message());
        members.put("license", state.license() == null ? null : describe(state.license()));
        members.put("warnings", state.warnings());
        members.put("staleSince", state.staleSince());
        members.put("refreshAfter", state.refreshAfter());
        members.put("validUntil", state.validUntil());
        return toJson(members);
    }

    /** Returns a license as the suite writes it. */
    public static Map<String, Object> describe(License license) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", license.id());
        members.put("plan", license.plan());
        members.put("features", license.features());
        members.put("expiresAt", license.expiresAt());
        return members;
    }
}
