package dev.licet.internal;

import dev.licet.JsonObject;
import dev.licet.TokenException;
import dev.licet.TokenFault;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The revocation feed as far as it was imported: IDs of licenses, activations and keys with times. */
public record Feed(long to, Map<String, Long> revoked, Map<String, Long> keys) {
    /** Reads a stored feed. Returns null if it is damaged. */
    public static Feed parse(JsonObject stored) {
        Long to = stored == null ? null : stored.integer("to");
        Map<String, Long> revoked = stored == null ? null : readTimes(stored.object("revoked"));
        Map<String, Long> keys = stored == null ? null : readTimes(stored.object("keys"));
        return to == null || revoked == null || keys == null ? null : new Feed(to, revoked, keys);
    }

    private static Map<String, Long> readTimes(JsonObject times) {
        if (times == null || !times.values().stream().allMatch(Claims::isSeconds)) {
            return null;
        }
        Map<String, Long> read = new TreeMap<>();
        times.forEach((id, time) -> read.put(id, (Long) time));
        return read;
    }

    /** Adds a newer feed to the stored one, if there is one. An older one changes nothing. */
    static Feed merge(Feed stored, JsonObject claims) {
        long from = claims.integer("from");
        long to = claims.integer("to");
        long position = stored == null ? 0 : stored.to();
        if (stored != null && to < position) {
            return stored;
        }
        if (from > position) {
            throw new TokenException(TokenFault.FEED_GAP);
        }
        Map<String, Long> revoked = new TreeMap<>();
        Map<String, Long> keys = new TreeMap<>();
        if (stored != null) {
            keys.putAll(stored.keys());
            if (from > 0) {
                revoked.putAll(stored.revoked());
            }
        }
        addEntries(revoked, claims.get("revoked"));
        addEntries(keys, claims.get("keys"));
        return new Feed(to, revoked, keys);
    }

    private static void addEntries(Map<String, Long> times, Object entries) {
        for (Object entry : (List<?>) entries) {
            List<?> pair = (List<?>) entry;
            times.put((String) pair.get(0), (Long) pair.get(1));
        }
    }

    JsonObject toJson() {
        return new JsonObject(
                Map.of("to", to, "revoked", new JsonObject(revoked), "keys", new JsonObject(keys)));
    }
}
