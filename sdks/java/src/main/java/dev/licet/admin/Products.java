package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Map;

/** The calls about products. */
public final class Products {
    private final Connection connection;

    Products(Connection connection) {
        this.connection = connection;
    }

    /**
     * Creates a product.
     *
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject create(Map<String, ?> body) {
        return connection.call(Route.CREATE_PRODUCT, body, Map.of());
    }

    /**
     * Returns a product.
     *
     * @param slug the slug
     * @return the object of the API
     */
    public JsonObject get(String slug) {
        return connection.call(Route.GET_PRODUCT, null, Map.of(), slug);
    }

    /**
     * Lists products.
     *
     * @return the list, which is read while it is iterated
     */
    public JsonList list() {
        return list(Map.of());
    }

    /**
     * Lists products.
     *
     * @param query the parameters
     * @return the list, which is read while it is iterated
     */
    public JsonList list(Map<String, ?> query) {
        return new JsonList(connection, Route.LIST_PRODUCTS, query);
    }

    /**
     * Changes the fields that the body has.
     *
     * @param slug the slug
     * @param body the fields
     * @return the object of the API
     */
    public JsonObject update(String slug, Map<String, ?> body) {
        return connection.call(Route.UPDATE_PRODUCT, body, Map.of(), slug);
    }
}
