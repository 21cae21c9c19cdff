package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Map;

/** The calls about plans. */
public final class Plans {
    private final Connection connection;

    Plans(Connection connection) {
        this.connection = connection;
    }

    /**
     * Creates a plan.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject create(Map<String, ?> body) {
        return connection.call(Route.CREATE_PLAN, body, Map.of());
    }

    /**
     * Returns a plan.
     *
     * @param slug the slug
     * @return the object of the API
     */
    public JsonObject get(String slug) {
        return connection.call(Route.GET_PLAN, null, Map.of(), slug);
    }

    /**
     * Lists plans.
     *
     * @return the list, which is read while it is iterated
     */
    public JsonList list() {
        return list(Map.of());
    }

    /**
     * Lists plans.
     *
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList list(Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_PLANS, query);
    }

    /**
     * Changes the fields that the body has, for all licenses of the plan.
     *
     * @param slug the slug
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject update(String slug, Map<String, ?> body) {
        return connection.call(Route.UPDATE_PLAN, body, Map.of(), slug);
    }

    /**
     * Deletes a plan that no license uses.
     *
     * @param slug the slug
     */
    public void delete(String slug) {
        connection.call(Route.DELETE_PLAN, null, Map.of(), slug);
    }
}
