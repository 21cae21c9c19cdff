package dev.licet.internal;

import dev.licet.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory of an app about one license. Times are whole seconds since 1970.
 *
 * @param lease the latest lease: a compact JWS
 * @param file the imported license file: a compact JWS
 * @param answer the last valid answer that was not signed. Only kept if no keys are pinned
 * @param tombstone a server's refusal. It decides until a server says otherwise or a newer file comes
 * @param floor the time cannot be earlier than this
 */
public record LicenseRecord(
        String lease, String file, Answer answer, Tombstone tombstone, long floor, Feed feed) {
    public static final LicenseRecord EMPTY = new LicenseRecord(null, null, null, null, 0, null);

    /** A server's unsigned {@code valid: true}, and when it came. */
    public record Answer(long at, JsonObject verdict) {}

    /** A refusal. */
    public record Tombstone(String code, String message, long at) {}

    /** Reads a stored record. Each part that is damaged counts as missing. */
    public static LicenseRecord parse(String text) {
        JsonObject stored = text == null ? null : Json.parseObject(text);
        if (stored == null || !Long.valueOf(1).equals(stored.get("v"))) {
            return EMPTY;
        }
        Object floor = stored.get("floor");
        return new LicenseRecord(
                stored.string("lease"),
                stored.string("file"),
                parseAnswer(stored.object("answer")),
                parseTombstone(stored.object("tombstone")),
                Claims.isSeconds(floor) ? (Long) floor : 0,
                Feed.parse(stored.object("feed")));
    }

    private static Answer parseAnswer(JsonObject stored) {
        JsonObject verdict = stored == null ? null : parseValidBody(stored.object("verdict"));
        boolean isAnswer = verdict != null && Claims.isSeconds(stored.get("at"));
        return isAnswer ? new Answer(stored.integer("at"), verdict) : null;
    }

    private static Tombstone parseTombstone(JsonObject stored) {
        boolean isTombstone = stored != null
                && stored.string("code") != null
                && stored.string("message") != null
                && Claims.isSeconds(stored.get("at"));
        return isTombstone
                ? new Tombstone(stored.string("code"), stored.string("message"), stored.integer("at"))
                : null;
    }

    /** Returns the members that we know of a response that says valid; null if it is not one. */
    static JsonObject parseValidBody(JsonObject body) {
        JsonObject license = body == null ? null : body.object("license");
        if (license == null || !Boolean.TRUE.equals(body.get("valid"))) {
            return null;
        }
        Object end = license.get("expiresAt");
        boolean isLicense = license.string("id") != null
                && license.string("plan") != null
                && license.object("features") != null
                && license.containsKey("expiresAt")
                && (end == null || end instanceof String text && Times.parse(text) != null);
        boolean areTexts = body.get("warnings") instanceof List<?> list
                && list.stream().allMatch(String.class::isInstance);
        if (!isLicense || !areTexts) {
            return null;
        }
        Map<String, Object> known = new LinkedHashMap<>();
        for (String name : List.of("id", "plan", "features", "expiresAt")) {
            known.put(name, license.get(name));
        }
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("valid", true);
        verdict.put("license", new JsonObject(known));
        verdict.put("warnings", body.get("warnings"));
        return new JsonObject(verdict);
    }

    /** Returns the record as the JSON that is stored. */
    public String write() {
        Map<String, Object> stored = new LinkedHashMap<>();
        stored.put("v", 1L);
        stored.put("lease", lease);
        stored.put("file", file);
        stored.put("answer", answer == null ? null : Map.of("at", answer.at(), "verdict", answer.verdict()));
        stored.put(
                "tombstone",
                tombstone == null
                        ? null
                        : Map.of(
                                "code", tombstone.code(),
                                "message", tombstone.message(),
                                "at", tombstone.at()));
        stored.put("floor", floor);
        stored.put("feed", feed == null ? null : feed.toJson());
        return Json.write(stored);
    }

    LicenseRecord withFloor(long newFloor) {
        return new LicenseRecord(lease, file, answer, tombstone, newFloor, feed);
    }

    LicenseRecord withFile(String newFile, Tombstone newTombstone) {
        return new LicenseRecord(lease, newFile, answer, newTombstone, floor, feed);
    }

    LicenseRecord withFeed(Feed newFeed, long newFloor) {
        return new LicenseRecord(lease, file, answer, tombstone, newFloor, newFeed);
    }

    /** A valid verdict replaces the lease and the answer, and removes the tombstone. */
    LicenseRecord withGrant(String newLease, Answer newAnswer) {
        return new LicenseRecord(newLease, file, newAnswer, null, floor, feed);
    }

    /** A refusal leaves only the file and the feed. */
    LicenseRecord withRefusal(Tombstone newTombstone) {
        return new LicenseRecord(null, file, null, newTombstone, floor, feed);
    }
}
