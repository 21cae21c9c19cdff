package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Map;

/** The calls about the endpoints of webhooks. */
public final class WebhookEndpoints {
    private final Connection connection;

    WebhookEndpoints(Connection connection) {
        this.connection = connection;
    }

    /**
     * Creates an endpoint. {@code secret} is shown only once: it is null if the first response was lost and
     * the request repeated. Then {@link #rotateSecret} makes a new one.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject create(Map<String, ?> body) {
        return connection.call(Route.CREATE_WEBHOOK, body, Map.of());
    }

    /**
     * Returns an endpoint.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject get(String id) {
        return connection.call(Route.GET_WEBHOOK, null, Map.of(), id);
    }

    /**
     * Lists endpoints.
     *
     * @return the list, which is read while it is iterated
     */
    public JsonList list() {
        return list(Map.of());
    }

    /**
     * Lists endpoints.
     *
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList list(Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_WEBHOOKS, query);
    }

    /**
     * Changes the fields that the body has.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject update(String id, Map<String, ?> body) {
        return connection.call(Route.UPDATE_WEBHOOK, body, Map.of(), id);
    }

    /**
     * Deletes an endpoint.
     *
     * @param id the ID
     */
    public void delete(String id) {
        connection.call(Route.DELETE_WEBHOOK, null, Map.of(), id);
    }

    /**
     * Gives an endpoint a new secret.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject rotateSecret(String id) {
        return connection.call(Route.ROTATE_WEBHOOK_SECRET, null, Map.of(), id);
    }

    /**
     * Sends an event of the type {@code webhook.test} to the endpoint.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject test(String id) {
        return connection.call(Route.TEST_WEBHOOK, null, Map.of(), id);
    }

    /**
     * Sends the events again that the endpoint has missed.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject recover(String id, Map<String, ?> body) {
        return connection.call(Route.RECOVER_WEBHOOK_DELIVERIES, body, Map.of(), id);
    }

    /**
     * Lists the deliveries to an endpoint.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList deliveries(String id) {
        return deliveries(id, Map.of());
    }

    /**
     * Lists the deliveries to an endpoint.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList deliveries(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_WEBHOOK_DELIVERIES, query, id);
    }
}
