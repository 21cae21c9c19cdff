package dev.licet.internal;

import dev.licet.NoAnswerException;
import dev.licet.NoAnswerException.Reason;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/** Sends single requests. */
public final class Http {
    public static final String VERSION = "0.1.0";
    public static final String USER_AGENT = "licet-java/" + VERSION;

    private static final Pattern SLASHES_AT_END = Pattern.compile("/+$");

    /** A request. Its body may be null. The timeout includes the body of the response. */
    public record Call(
            String method, String url, Map<String, String> headers, String body, Duration timeout) {}

    public record Response(int status, HttpHeaders headers, String body) {
        /** Returns the first value of a header, or null. */
        public String header(String name) {
            return headers.firstValue(name).orElse(null);
        }
    }

    /** The statuses whose bodies are read, and the most bytes. */
    public record Reading(IntPredicate hasBody, int bytesMax) {}

    /** It is made when it is first used, because that takes a while. */
    private static final class Default {
        static final HttpClient CLIENT = HttpClient.newHttpClient();
    }

    private Http() {}

    /** Returns the address of a server without a slash at its end. */
    public static String parseServerUrl(String text) {
        try {
            URI url = new URI(text);
            boolean isHttp = "https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme());
            boolean isBase = url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null;
            if (isHttp && isBase) {
                return SLASHES_AT_END.matcher(text).replaceFirst("");
            }
        } catch (URISyntaxException e) {
            // The exception below says more.
        }
        throw new IllegalArgumentException(
                "The URL must be the address of the server, such as https://licenses.example.com");
    }

    /** The license key must not follow a redirect. */
    public static HttpClient checkClient(HttpClient client) {
        if (client != null && client.followRedirects() != HttpClient.Redirect.NEVER) {
            throw new IllegalArgumentException("The HTTP client must not follow redirects.");
        }
        return client;
    }

    /**
     * Sends one request with a client, or a common one if it is null. Throws {@code NoAnswerException} if
     * there is no response, or a redirect.
     */
    public static Response send(HttpClient client, Call call, Reading reading) {
        HttpClient used = client == null ? Default.CLIENT : client;
        CompletableFuture<HttpResponse<byte[]>> answer = used.sendAsync(
                buildRequest(call),
                info -> new BodyCollector(reading.hasBody().test(info.statusCode()) ? reading.bytesMax() : -1));
        HttpResponse<byte[]> response = await(answer, call.timeout());
        int status = response.statusCode();
        if (status >= 300 && status < 400) {
            // Licet never redirects. A captive portal does.
            String message = "The address redirects with status " + status + ", which Licet never does.";
            throw new NoAnswerException(Reason.NOT_LICET, message);
        }
        String body = new String(response.body(), StandardCharsets.UTF_8);
        return new Response(status, response.headers(), body);
    }

    private static HttpRequest buildRequest(Call call) {
        HttpRequest.BodyPublisher body = call.body() == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(call.body());
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(call.url()))
                // Without TLS, an upgrade to HTTP/2 would be one more thing that a proxy could break.
                .version(HttpClient.Version.HTTP_1_1)
                .method(call.method(), body);
        call.headers().forEach(request::setHeader);
        return request.build();
    }

    private static <T> T await(CompletableFuture<T> answer, Duration timeout) {
        try {
            return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            String message = "No answer within " + timeout.toMillis() + " ms.";
            throw new NoAnswerException(Reason.TIMEOUT, message, null, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof NoAnswerException known) {
                    throw known;
                }
            }
            throw new NoAnswerException(
                    Reason.NETWORK, "The server cannot be reached: " + e.getCause(), null, e.getCause());
        } finally {
            // Closes the connection if it is still in use.
            answer.cancel(true);
        }
    }

    static NoAnswerException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new NoAnswerException(Reason.INTERRUPTED, "The thread was interrupted.", null, cause);
    }

    /** Collects a body up to a length. With a negative one, it reads nothing. */
    private static final class BodyCollector implements HttpResponse.BodySubscriber<byte[]> {
        private final int bytesMax;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<byte[]> result = new CompletableFuture<>();
        private Flow.Subscription subscription;

        BodyCollector(int bytesMax) {
            this.bytesMax = bytesMax;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return result;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            if (bytesMax < 0) {
                given.cancel();
                result.complete(new byte[0]);
            } else {
                given.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > bytesMax) {
                    subscription.cancel();
                    String message = "The response has more than " + bytesMax + " bytes.";
                    result.completeExceptionally(new NoAnswerException(Reason.TOO_LARGE, message));
                    return;
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.writeBytes(part);
            }
        }

        @Override
        public void onError(Throwable failure) {
            result.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            result.complete(bytes.toByteArray());
        }
    }
}
