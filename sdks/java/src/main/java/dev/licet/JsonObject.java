package dev.licet;

import dev.licet.internal.Json;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSON object that cannot be changed, with its members in order. Values are {@code String},
 * {@code Boolean}, {@code Long} (whole numbers), {@code Double}, {@code List}, {@code JsonObject} or
 * null. The methods named after a type return null if a member is missing or of another type.
 */
public final class JsonObject extends AbstractMap<String, Object> {
    /** An object without members. */
    public static final JsonObject EMPTY = new JsonObject(Map.of());

    private final Map<String, Object> members;

    /**
     * Copies members.
     *
     * @param members the members, whose values are of the types above
     */
    public JsonObject(Map<String, ?> members) {
        this.members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        return members.entrySet();
    }

    @Override
    public Object get(Object name) {
        return members.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
        return members.containsKey(name);
    }

    /** Returns the text of a member. */
    public String string(String name) {
        return members.get(name) instanceof String text ? text : null;
    }

    /** Returns the whole number of a member. */
    public Long integer(String name) {
        return members.get(name) instanceof Long number ? number : null;
    }

    /** Returns the truth value of a member. */
    public Boolean bool(String name) {
        return members.get(name) instanceof Boolean flag ? flag : null;
    }

    /** Returns the object of a member. */
    public JsonObject object(String name) {
        return members.get(name) instanceof JsonObject object ? object : null;
    }

    /** Returns the objects in the list of a member, or an empty list. */
    public List<JsonObject> objects(String name) {
        return elements(name, JsonObject.class);
    }

    /** Returns the texts in the list of a member, or an empty list. */
    public List<String> strings(String name) {
        return elements(name, String.class);
    }

    private <T> List<T> elements(String name, Class<T> type) {
        List<T> found = new ArrayList<>();
        if (members.get(name) instanceof List<?> list) {
            for (Object element : list) {
                if (type.isInstance(element)) {
                    found.add(type.cast(element));
                }
            }
        }
        return Collections.unmodifiableList(found);
    }

    /** Returns the object as JSON. */
    @Override
    public String toString() {
        return Json.write(this);
    }
}
