package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Map;

/** The calls about events. */
public final class Events {
    private final Connection connection;

    Events(Connection connection) {
        this.connection = connection;
    }

    /**
     * Returns an event.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject get(String id) {
        return connection.call(Route.GET_EVENT, null, Map.of(), id);
    }

    /**
     * Lists events, newest first, or those after the event {@code after}, oldest first.
     *
     * @return the list, which is read while it is iterated
     */
    public JsonList list() {
        return list(Map.of());
    }

    /**
     * Lists events, newest first, or those after the event {@code after}, oldest first.
     *
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList list(Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_EVENTS, query);
    }
}
