package dev.licet.internal;

import dev.licet.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The claims of each type of token: all are there, have their type, and a possible value. */
final class Claims {
    /** The end of the year 9999: a larger number is not in seconds. */
    static final long SECONDS_MAX = 253_402_300_799L;

    private static final long COUNT_MAX = 9_007_199_254_740_991L;

    private static final Predicate<Object> TEXT = String.class::isInstance;
    private static final Predicate<Object> FLAG = Boolean.class::isInstance;
    private static final Predicate<Object> OBJECT = JsonObject.class::isInstance;
    private static final Predicate<Object> COUNT = value -> isBetween(value, COUNT_MAX);
    private static final Predicate<Object> SECONDS = Claims::isSeconds;
    private static final Predicate<Object> FEATURES = value -> value instanceof JsonObject object
            && object.values().stream().allMatch(FLAG.or(TEXT).or(Number.class::isInstance));
    private static final Predicate<Object> ENTRY = value -> value instanceof List<?> pair
            && pair.size() == 2
            && TEXT.test(pair.get(0))
            && SECONDS.test(pair.get(1));
    private static final Predicate<Object> SEAT =
            hasShape(Map.of("id", TEXT, "exp", SECONDS));

    private static final Map<String, Predicate<Object>> COMMON =
            Map.of("iss", TEXT, "jti", TEXT, "iat", SECONDS, "nbf", SECONDS, "exp", SECONDS);
    private static final Map<String, Predicate<Object>> ANSWER = join(
            COMMON,
            Map.of(
                    "aud", orNull(TEXT),
                    "sub", orNull(TEXT),
                    "non", orNull(TEXT),
                    "req", orNull(TEXT),
                    "rev", COUNT));
    private static final Map<String, Predicate<Object>> TERMS = Map.of(
            "valid", Boolean.TRUE::equals,
            "aud", TEXT,
            "sub", TEXT,
            "plan", TEXT,
            "features", FEATURES,
            "warnings", listOf(TEXT),
            "end", orNull(SECONDS));
    private static final Map<String, Predicate<Object>> LEASE = join(
            ANSWER,
            TERMS,
            Map.of(
                    "fp", orNull(TEXT),
                    "dom", orNull(listOf(TEXT)),
                    "act", listOf(TEXT),
                    "sea", orNull(SEAT),
                    "rfa", SECONDS,
                    "vld", SECONDS));
    private static final Map<String, Predicate<Object>> REFUSED = join(
            ANSWER, Map.of("valid", Boolean.FALSE::equals, "error", TEXT, "message", TEXT));
    private static final Map<String, Predicate<Object>> FEED = join(
            COMMON,
            Map.of("from", COUNT, "to", COUNT, "more", FLAG, "revoked", listOf(ENTRY), "keys", listOf(ENTRY)));

    private Claims() {}

    /** Whether the claims are those of a type. Further claims are ignored. */
    static boolean areOf(TokenType type, JsonObject claims) {
        return switch (type) {
            case LEASE -> fits(LEASE, claims) && areTimed(claims);
            case FILE -> fits(LEASE, claims) && hasMember(claims, "ret", orNull(TEXT)) && areTimed(claims);
            case ANSWER -> isAnswer(claims) && areInOrder(claims, "nbf", "iat", "exp");
            case FEED -> fits(FEED, claims)
                    && areInOrder(claims, "from", "to")
                    && areInOrder(claims, "nbf", "iat", "exp");
        };
    }

    private static boolean areTimed(JsonObject claims) {
        return areInOrder(claims, "nbf", "iat", "exp") && areInOrder(claims, "rfa", "vld", "exp");
    }

    private static boolean isAnswer(JsonObject claims) {
        if (Boolean.TRUE.equals(claims.get("valid"))) {
            boolean hasSeat = claims.containsKey("sea");
            return fits(join(ANSWER, TERMS), claims) && (!hasSeat || orNull(SEAT).test(claims.get("sea")));
        }
        boolean hasDetails = claims.containsKey("details");
        return fits(REFUSED, claims) && (!hasDetails || OBJECT.test(claims.get("details")));
    }

    static boolean isSeconds(Object value) {
        return isBetween(value, SECONDS_MAX);
    }

    private static boolean isBetween(Object value, long max) {
        return value instanceof Long number && number >= 0 && number <= max;
    }

    private static boolean fits(Map<String, Predicate<Object>> shape, JsonObject claims) {
        return shape.entrySet().stream()
                .allMatch(entry -> hasMember(claims, entry.getKey(), entry.getValue()));
    }

    /** A missing member is not null. */
    private static boolean hasMember(JsonObject claims, String name, Predicate<Object> test) {
        return claims.containsKey(name) && test.test(claims.get(name));
    }

    private static boolean areInOrder(JsonObject claims, String... names) {
        for (int index = 1; index < names.length; index++) {
            if (claims.integer(names[index - 1]) > claims.integer(names[index])) {
                return false;
            }
        }
        return true;
    }

    private static Predicate<Object> hasShape(Map<String, Predicate<Object>> shape) {
        return value -> value instanceof JsonObject object && fits(shape, object);
    }

    private static Predicate<Object> orNull(Predicate<Object> test) {
        return value -> value == null || test.test(value);
    }

    private static Predicate<Object> listOf(Predicate<Object> test) {
        return value -> value instanceof List<?> list && list.stream().allMatch(test);
    }

    @SafeVarargs
    private static Map<String, Predicate<Object>> join(Map<String, Predicate<Object>>... shapes) {
        Map<String, Predicate<Object>> joined = new HashMap<>();
        for (Map<String, Predicate<Object>> shape : shapes) {
            joined.putAll(shape);
        }
        return joined;
    }
}
