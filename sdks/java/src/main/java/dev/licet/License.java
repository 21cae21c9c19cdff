package dev.licet;

import java.time.Instant;
import java.util.Map;

/**
 * The license that allows an app to run.
 *
 * @param id its ID
 * @param plan the slug of its plan
 * @param features its features: values are {@code Boolean}, {@code Long}, {@code Double} or {@code String}
 * @param expiresAt when it ends, or null without an end
 */
public record License(String id, String plan, Map<String, Object> features, Instant expiresAt) {
    /**
     * Whether the license includes a feature: one that is not missing, false or 0.
     *
     * @param name the name of the feature
     * @return whether it is included
     */
    public boolean includes(String name) {
        Object value = features.get(name);
        boolean isZero = value instanceof Number number && number.doubleValue() == 0;
        return value != null && !Boolean.FALSE.equals(value) && !isZero;
    }
}
