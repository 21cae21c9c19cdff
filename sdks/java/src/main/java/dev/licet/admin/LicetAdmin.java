package dev.licet.admin;

import java.util.Locale;
import java.util.Map;

/**
 * The management API, for your own servers: its API key must never be part of an app. Calls take and
 * return the objects of the API as they are. They throw {@link dev.licet.LicetProblemException} if the
 * server answers with an error, and {@link dev.licet.NoAnswerException} if there is no response, in both
 * cases after the retries.
 */
public final class LicetAdmin {
    private final Connection connection;

    /**
     * Creates a client with the usual options.
     *
     * @param url the address of the server
     * @param token an API key such as {@code licet_…}
     */
    public LicetAdmin(String url, String token) {
        this(url, token, new AdminOptions());
    }

    /**
     * Creates a client.
     *
     * @param url the address of the server
     * @param token an API key such as {@code licet_…}
     * @param options how requests are sent
     */
    public LicetAdmin(String url, String token, AdminOptions options) {
        connection = new Connection(url, token, options);
    }

    /** Returns the options. */
    public AdminOptions options() {
        return connection.options();
    }

    /**
     * Returns a client with other options, such as for one call: {@code
     * admin.with(admin.options().idempotencyKey(order)).licenses().create(…)}.
     *
     * @param options the options
     * @return the other client
     */
    public LicetAdmin with(AdminOptions options) {
        return new LicetAdmin(connection.url(), connection.token(), options);
    }

    /** Returns the calls about licenses. */
    public Licenses licenses() {
        return new Licenses(connection);
    }

    /** Returns the calls about plans. */
    public Plans plans() {
        return new Plans(connection);
    }

    /** Returns the calls about products. */
    public Products products() {
        return new Products(connection);
    }

    /** Returns the calls about the endpoints of webhooks. */
    public WebhookEndpoints webhooks() {
        return new WebhookEndpoints(connection);
    }

    /** Returns the calls about events. */
    public Events events() {
        return new Events(connection);
    }

    /**
     * Sends any other request of the API, such as {@code request("GET", "/api/v1/mails")}.
     *
     * @param method the method
     * @param path the path under the address of the server
     * @return the JSON of the response, its text if it is not JSON, or null if it has no body
     */
    public Object request(String method, String path) {
        return request(method, path, null, Map.of());
    }

    /**
     * Sends any other request of the API.
     *
     * @param method the method
     * @param path the path under the address of the server
     * @param body what is sent as JSON, or null
     * @param query the parameters: a list is joined with commas, and null is left out
     * @return the JSON of the response, its text if it is not JSON, or null if it has no body
     */
    public Object request(String method, String path, Object body, Map<String, ?> query) {
        return connection.send(method.toUpperCase(Locale.ROOT), path, body, query);
    }
}
