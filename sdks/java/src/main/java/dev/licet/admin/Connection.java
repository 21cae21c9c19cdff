package dev.licet.admin;

import dev.licet.JsonObject;
import dev.licet.LicetProblemException;
import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import dev.licet.internal.Http;
import dev.licet.internal.Json;
import dev.licet.internal.Retry;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Sends the requests of the management API. */
record Connection(String url, String token, AdminOptions options) {
    private static final int RESPONSE_BYTES_MAX = 64 * 1024 * 1024;
    private static final Http.Reading READING = new Http.Reading(status -> true, RESPONSE_BYTES_MAX);
    /** The methods that are idempotent: a POST is, because it always has an Idempotency-Key. */
    private static final Set<String> REPEATED_METHODS = Set.of("GET", "HEAD", "PUT", "DELETE", "POST");
    /** The total time has no limit of its own. */
    private static final Duration TOTAL = Duration.ofDays(365);

    private static final Pattern JSON = Pattern.compile("(?i)application/(?:[\\w.]+\\+)?json\\b.*");

    Connection {
        url = Http.parseServerUrl(url);
        if (token == null || token.isBlank()) {
            throw new IllegalArgumentException("Pass an API key as the second argument.");
        }
    }

    /** The API key must not get into a log. */
    @Override
    public String toString() {
        return "Connection to " + url;
    }

    /** Calls an operation. Returns the object in the response; an empty one if it has no body. */
    JsonObject call(Route route, Map<String, ?> body, Map<String, ?> query, String... ids) {
        Object value = send(route.method(), route.fill(ids), body, query);
        if (value == null) {
            return JsonObject.EMPTY;
        }
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new NoAnswerException(
                Reason.NOT_LICET, "Something else than Licet answered. Check the URL of the server.");
    }

    /** Sends a request. Returns the JSON of the response, its text if it is not JSON, or null if it is empty. */
    Object send(String method, String path, Object body, Map<String, ?> query) {
        // Without the slash, the path could change the host.
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("A path starts with a slash, unlike " + path);
        }
        Http.Call call = new Http.Call(
                method,
                url + path + buildQuery(path, query),
                buildHeaders(method, body),
                body == null ? null : Json.write(body),
                options.timeout());
        int attemptsMax = REPEATED_METHODS.contains(method) ? options.retries() + 1 : 1;
        HttpClient client = options.httpClient();
        return Retry.run(
                new Retry.Limits(attemptsMax, TOTAL), remaining -> read(Http.send(client, call, READING)));
    }

    private static String buildQuery(String path, Map<String, ?> query) {
        String parameters = query.entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> encode(entry.getKey()) + "=" + encode(toText(entry.getValue())))
                .collect(Collectors.joining("&"));
        if (parameters.isEmpty()) {
            return "";
        }
        return (path.contains("?") ? "&" : "?") + parameters;
    }

    /** A list is joined with commas. */
    private static String toText(Object value) {
        return value instanceof Collection<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                : String.valueOf(value);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Map<String, String> buildHeaders(String method, Object body) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        headers.put("authorization", "Bearer " + token.strip());
        headers.put("user-agent", Http.USER_AGENT);
        if (method.equals("POST")) {
            String key = options.idempotencyKey();
            headers.put("idempotency-key", key == null ? UUID.randomUUID().toString() : key);
        }
        if (options.ifMatch() != null) {
            headers.put("if-match", "\"" + options.ifMatch() + "\"");
        }
        if (body != null) {
            headers.put("content-type", "application/json");
        }
        return headers;
    }

    /** Throws {@code LicetProblemException} for a status that says that the request has failed. */
    private static Object read(Http.Response response) {
        int status = response.status();
        String type = response.header("content-type");
        boolean isJson = type != null && JSON.matcher(type).matches();
        if (status >= 200 && status < 300) {
            String body = response.body();
            return body.isEmpty() ? null : isJson ? readJson(body) : body;
        }
        JsonObject problem = isJson ? Json.parseObject(response.body()) : null;
        throw new LicetProblemException(
                status,
                problem == null ? JsonObject.EMPTY : problem,
                response.header("x-request-id"),
                Retry.parseRetryAfter(response.header("retry-after"), Instant.now()));
    }

    private static Object readJson(String text) {
        try {
            return Json.parse(text);
        } catch (IllegalArgumentException e) {
            String message = "The response is not JSON, although it says so.";
            throw new NoAnswerException(Reason.NOT_LICET, message, null, e);
        }
    }
}
