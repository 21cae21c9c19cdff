package dev.licet;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A request that the server answered with an error (RFC 9457). Also thrown for a refused activation,
 * deactivation or seat.
 */
public final class LicetProblemException extends LicetException {
    private static final long serialVersionUID = 1L;

    /**
     * One field of a request that the server rejected.
     *
     * @param pointer a JSON pointer into the body, such as {@code /plan}
     * @param detail a sentence that says what is wrong
     */
    public record FieldError(String pointer, String detail) {}

    private final int status;
    private final transient JsonObject problem;
    private final String code;
    private final String requestId;
    private final Duration retryAfter;

    /**
     * Creates an exception. A member of a wrong type counts as missing.
     *
     * @param status the status of the response
     * @param problem the response
     * @param requestId the ID of the request if the response has none, or null
     * @param retryAfter how long the server asked to wait, or null
     */
    public LicetProblemException(int status, JsonObject problem, String requestId, Duration retryAfter) {
        super(
                Objects.requireNonNullElse(
                        problem.string("detail"), "The server answered with status " + status + "."),
                null);
        this.status = status;
        this.problem = problem;
        this.code = Objects.requireNonNullElse(problem.string("code"), "HTTP_" + status);
        String id = problem.string("request_id");
        this.requestId = id == null ? requestId : id;
        this.retryAfter = retryAfter;
    }

    /** Returns the status of the response. */
    public int status() {
        return status;
    }

    /** Returns the stable name of the error, such as {@code DEVICE_LIMIT_REACHED}. */
    public String code() {
        return code;
    }

    /** Returns a sentence that says what to do. */
    public String detail() {
        return getMessage();
    }

    /** Returns the fields that the server rejected. */
    public List<FieldError> errors() {
        if (problem == null) {
            return List.of();
        }
        return problem.objects("errors").stream()
                .filter(error -> error.string("pointer") != null && error.string("detail") != null)
                .map(error -> new FieldError(error.string("pointer"), error.string("detail")))
                .toList();
    }

    /** Returns facts about a refusal, such as {@code {"limit": 3, "used": 3}}. */
    public JsonObject details() {
        JsonObject details = problem == null ? null : problem.object("details");
        return details == null ? JsonObject.EMPTY : details;
    }

    /** Returns the ID of the request in the server's log, or null. */
    public String requestId() {
        return requestId;
    }

    /** Returns how long the server asked to wait, or null. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
