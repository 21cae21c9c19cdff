package dev.licet.admin;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operations of the API that have a method. */
enum Route {
    CREATE_LICENSE("POST /api/v1/licenses"),
    CREATE_LICENSES("POST /api/v1/licenses/batch"),
    GET_LICENSE("GET /api/v1/licenses/{id}"),
    LIST_LICENSES("GET /api/v1/licenses"),
    LOOKUP_LICENSE("POST /api/v1/licenses/lookup"),
    SEARCH_LICENSES("POST /api/v1/search"),
    UPDATE_LICENSE("PUT /api/v1/licenses/{id}"),
    REVOKE_LICENSE("POST /api/v1/licenses/{id}/revoke"),
    SUSPEND_LICENSE("POST /api/v1/licenses/{id}/suspend"),
    REINSTATE_LICENSE("POST /api/v1/licenses/{id}/reinstate"),
    RENEW_LICENSE("POST /api/v1/licenses/{id}/renew"),
    ROTATE_LICENSE_KEY("POST /api/v1/licenses/{id}/rotate-key"),
    CHANGE_LICENSES("POST /api/v1/licenses/bulk"),
    EXPLAIN_LICENSE("GET /api/v1/licenses/{id}/explain"),
    SEND_LICENSE_MAIL("POST /api/v1/licenses/{id}/mail"),
    CREATE_LICENSE_FILE("POST /api/v1/licenses/{id}/file"),
    LIST_LICENSE_FILES("GET /api/v1/licenses/{id}/files"),
    LIST_LICENSE_USAGE("GET /api/v1/licenses/{id}/usage"),
    GET_LICENSE_USAGE_SERIES("GET /api/v1/licenses/{id}/usage/series"),
    LIST_LICENSE_EVENTS("GET /api/v1/licenses/{id}/events"),
    LIST_LICENSE_ACTIVATIONS("GET /api/v1/licenses/{id}/activations"),
    DELETE_LICENSE_ACTIVATION("DELETE /api/v1/licenses/{id}/activations/{activation_id}"),
    MOVE_LICENSE_ACTIVATION("POST /api/v1/licenses/{id}/activations/move"),
    LIST_LICENSE_SEATS("GET /api/v1/licenses/{id}/seats"),
    DELETE_LICENSE_SEAT("DELETE /api/v1/licenses/{id}/seats/{seat_id}"),
    CREATE_PRODUCT("POST /api/v1/products"),
    GET_PRODUCT("GET /api/v1/products/{slug}"),
    LIST_PRODUCTS("GET /api/v1/products"),
    UPDATE_PRODUCT("PUT /api/v1/products/{slug}"),
    CREATE_PLAN("POST /api/v1/plans"),
    GET_PLAN("GET /api/v1/plans/{slug}"),
    LIST_PLANS("GET /api/v1/plans"),
    UPDATE_PLAN("PUT /api/v1/plans/{slug}"),
    DELETE_PLAN("DELETE /api/v1/plans/{slug}"),
    CREATE_WEBHOOK("POST /api/v1/webhooks"),
    GET_WEBHOOK("GET /api/v1/webhooks/{id}"),
    LIST_WEBHOOKS("GET /api/v1/webhooks"),
    UPDATE_WEBHOOK("PUT /api/v1/webhooks/{id}"),
    DELETE_WEBHOOK("DELETE /api/v1/webhooks/{id}"),
    ROTATE_WEBHOOK_SECRET("POST /api/v1/webhooks/{id}/rotate-secret"),
    TEST_WEBHOOK("POST /api/v1/webhooks/{id}/test"),
    RECOVER_WEBHOOK_DELIVERIES("POST /api/v1/webhooks/{id}/recover"),
    LIST_WEBHOOK_DELIVERIES("GET /api/v1/webhooks/{id}/deliveries"),
    GET_EVENT("GET /api/v1/events/{id}"),
    LIST_EVENTS("GET /api/v1/events");

    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
    private static final Pattern NO_ID = Pattern.compile("\\.{0,2}");

    private final String method;
    private final String template;

    Route(String route) {
        String[] parts = route.split(" ");
        method = parts[0];
        template = parts[1];
    }

    String method() {
        return method;
    }

    String template() {
        return template;
    }

    /** Puts IDs in place of the parameters. Throws for one that would lead to another route. */
    String fill(String... ids) {
        StringBuilder path = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(template);
        for (int index = 0; parameter.find(); index++) {
            String id = ids[index];
            if (id == null || NO_ID.matcher(id).matches()) {
                throw new IllegalArgumentException(
                        this + " needs the " + parameter.group(1) + " of an existing object, not " + id);
            }
            String encoded = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
            parameter.appendReplacement(path, Matcher.quoteReplacement(encoded));
        }
        return parameter.appendTail(path).toString();
    }
}
