package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Map;

/**
 * The calls about licenses. An {@code id} is the ID of a license: {@link #lookup} finds it by its key.
 */
public final class Licenses {
    private final Connection connection;

    Licenses(Connection connection) {
        this.connection = connection;
    }

    /**
     * Issues a license.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject create(Map<String, ?> body) {
        return connection.call(Route.CREATE_LICENSE, body, Map.of());
    }

    /**
     * Issues up to 1,000 licenses with the same values.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject createMany(Map<String, ?> body) {
        return connection.call(Route.CREATE_LICENSES, body, Map.of());
    }

    /**
     * Returns a license.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject get(String id) {
        return connection.call(Route.GET_LICENSE, null, Map.of(), id);
    }

    /**
     * Lists licenses, newest first.
     *
     * @return the list, which is read while it is iterated
     */
    public JsonList list() {
        return list(Map.of());
    }

    /**
     * Lists licenses, newest first.
     *
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList list(Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSES, query);
    }

    /**
     * Returns the license with a key, however the key is spelled.
     *
     * @param key the license key
     * @return the object of the API
     */
    public JsonObject lookup(String key) {
        return connection.call(Route.LOOKUP_LICENSE, Map.of("key", key), Map.of());
    }

    /**
     * Finds licenses by a key or a part of it, an email address, a domain, a name, an ID …
     *
     * @param text the text to look for
     * @return the object of the API
     */
    public JsonObject search(String text) {
        return connection.call(Route.SEARCH_LICENSES, Map.of("text", text), Map.of());
    }

    /**
     * Returns the checks of a validation with their results, without counting it.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject explain(String id) {
        return explain(id, Map.of());
    }

    /**
     * Returns the checks of a validation with their results, without counting it.
     *
     * @param id the ID
     * @param query the parameters
     * @return the object of the API
     */
    public JsonObject explain(String id, Map<String, ?> query) {
        return connection.call(Route.EXPLAIN_LICENSE, null, query, id);
    }

    /**
     * Changes the fields that the body has.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject update(String id, Map<String, ?> body) {
        return connection.call(Route.UPDATE_LICENSE, body, Map.of(), id);
    }

    /**
     * Ends a license for good.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject revoke(String id) {
        return revoke(id, Map.of());
    }

    /**
     * Ends a license for good.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject revoke(String id, Map<String, ?> body) {
        return connection.call(Route.REVOKE_LICENSE, body, Map.of(), id);
    }

    /**
     * Refuses all validations until the license is reinstated.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject suspend(String id) {
        return suspend(id, Map.of());
    }

    /**
     * Refuses all validations until the license is reinstated.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject suspend(String id, Map<String, ?> body) {
        return connection.call(Route.SUSPEND_LICENSE, body, Map.of(), id);
    }

    /**
     * Ends a suspension.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject reinstate(String id) {
        return connection.call(Route.REINSTATE_LICENSE, null, Map.of(), id);
    }

    /**
     * Moves the end of the license: by the duration of its plan, by days, or to a time.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject renew(String id) {
        return renew(id, Map.of());
    }

    /**
     * Moves the end of the license: by the duration of its plan, by days, or to a time.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject renew(String id, Map<String, ?> body) {
        return connection.call(Route.RENEW_LICENSE, body, Map.of(), id);
    }

    /**
     * Gives the license a new key. The old one is valid for as long as the body says.
     *
     * @param id the ID
     * @return the object of the API
     */
    public JsonObject rotateKey(String id) {
        return rotateKey(id, Map.of());
    }

    /**
     * Gives the license a new key. The old one is valid for as long as the body says.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject rotateKey(String id, Map<String, ?> body) {
        return connection.call(Route.ROTATE_LICENSE_KEY, body, Map.of(), id);
    }

    /**
     * Changes all licenses that match a filter.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject changeMany(Map<String, ?> body) {
        return connection.call(Route.CHANGE_LICENSES, body, Map.of());
    }

    /**
     * Mails the customer, such as with the key.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject mail(String id, Map<String, ?> body) {
        return connection.call(Route.SEND_LICENSE_MAIL, body, Map.of(), id);
    }

    /**
     * Lists the validations of a license. Each page has a {@code summary} of the whole range.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList usage(String id) {
        return usage(id, Map.of());
    }

    /**
     * Lists the validations of a license. Each page has a {@code summary} of the whole range.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList usage(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSE_USAGE, query, id);
    }

    /**
     * Returns the validations of a license per hour or day.
     *
     * @param id the ID
     * @param query the parameters
     * @return the object of the API
     */
    public JsonObject usageSeries(String id, Map<String, ?> query) {
        return connection.call(Route.GET_LICENSE_USAGE_SERIES, null, query, id);
    }

    /**
     * Lists the events of a license.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList events(String id) {
        return events(id, Map.of());
    }

    /**
     * Lists the events of a license.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList events(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSE_EVENTS, query, id);
    }

    /**
     * Lists the domains and devices on which a license is used.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList activations(String id) {
        return activations(id, Map.of());
    }

    /**
     * Lists the domains and devices on which a license is used.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList activations(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSE_ACTIVATIONS, query, id);
    }

    /**
     * Frees the slot of a domain or device.
     *
     * @param id the ID
     * @param activationId the ID of the activation
     */
    public void deleteActivation(String id, String activationId) {
        connection.call(Route.DELETE_LICENSE_ACTIVATION, null, Map.of(), id, activationId);
    }

    /**
     * Moves an activation from one domain or device to another.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject moveActivation(String id, Map<String, ?> body) {
        return connection.call(Route.MOVE_LICENSE_ACTIVATION, body, Map.of(), id);
    }

    /**
     * Issues a license file for a device or for domains that have no connection.
     *
     * @param id the ID
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject createFile(String id, Map<String, ?> body) {
        return connection.call(Route.CREATE_LICENSE_FILE, body, Map.of(), id);
    }

    /**
     * Lists the license files that were issued, without their contents.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList files(String id) {
        return files(id, Map.of());
    }

    /**
     * Lists the license files that were issued, without their contents.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList files(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSE_FILES, query, id);
    }

    /**
     * Lists the seats of a license that are in use.
     *
     * @param id the ID
     * @return the list, which is read while it is iterated
     */
    public JsonList seats(String id) {
        return seats(id, Map.of());
    }

    /**
     * Lists the seats of a license that are in use.
     *
     * @param id the ID
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList seats(String id, Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_LICENSE_SEATS, query, id);
    }

    /**
     * Ends a seat.
     *
     * @param id the ID
     * @param seatId the ID of the seat
     */
    public void deleteSeat(String id, String seatId) {
        connection.call(Route.DELETE_LICENSE_SEAT, null, Map.of(), id, seatId);
    }
}
