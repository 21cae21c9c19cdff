using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>A response that was read to its end.</summary>
    internal sealed class Response
    {
        internal Response(int status, string contentType, string body, HttpResponseHeaders headers)
        {
            Status = status;
            ContentType = contentType;
            Body = body;
            Date = Http.ReadHeader(headers, "Date");
            RequestId = Http.ReadHeader(headers, "X-Request-Id");
            RetryAfter = Retry.ParseRetryAfter(Http.ReadHeader(headers, "Retry-After"), DateTimeOffset.UtcNow);
        }

        internal int Status { get; }
        internal string ContentType { get; }
        internal string Body { get; }
        internal string Date { get; }
        internal string RequestId { get; }
        internal TimeSpan? RetryAfter { get; }
    }

    /// <summary>Sends single requests.</summary>
    internal sealed class Http
    {
        internal const string Version = "0.1.0";
        private static readonly Lazy<HttpClient> Shared =
            new Lazy<HttpClient>(() => Create(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }));
        private readonly HttpClient client;

        /// <summary>Without a handler, all clients share one, which uses the proxy of the system.</summary>
        internal Http(HttpMessageHandler handler) => client = handler == null ? Shared.Value : Create(handler);

        private static HttpClient Create(HttpMessageHandler handler) =>
            new HttpClient(handler, false) { Timeout = Timeout.InfiniteTimeSpan };

        /// <summary>Returns the address of a server without a slash at its end. Throws an <see cref="ArgumentException"/>.</summary>
        internal static string ParseServerUrl(string text)
        {
            var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url);
            var isBase = isUrl && (url.Scheme == "http" || url.Scheme == "https") && url.Query + url.Fragment + url.UserInfo == "";
            if (isBase) return url.AbsoluteUri.TrimEnd('/');
            throw new ArgumentException("Url must be the address of the server, such as https://licenses.example.com");
        }

        internal static void CheckTimeout(TimeSpan timeout)
        {
            if (timeout <= TimeSpan.Zero || timeout > TimeSpan.FromDays(1))
                throw new ArgumentException("Timeout must be above 0, and one day at most.");
        }

        internal static string ReadHeader(HttpHeaders headers, string name) =>
            headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

        /// <summary>
        /// Sends one request, and reads the response, all within the limit. Throws a <see cref="NoAnswerException"/> if
        /// there is no response, a redirect, a response that is too large, or, with <paramref name="skipsErrors"/>, a
        /// status that decides nothing.
        /// </summary>
        internal async Task<Response> SendAsync(
            Func<HttpRequestMessage> build, TimeSpan limit, int bytesMax, bool skipsErrors, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                var exchange = ExchangeAsync(build, bytesMax, skipsErrors, stop.Token);
                try
                {
                    // A handler may ignore its token, so the race ends the wait in any case.
                    var first = await Task.WhenAny(exchange, Task.Delay(limit, stop.Token)).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    if (first == exchange) return await exchange.ConfigureAwait(false);
                    throw new NoAnswerException(NoAnswerReason.Timeout, $"No answer within {limit.TotalMilliseconds:0} ms.");
                }
                catch (Exception error) when (!(error is LicetException))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw new NoAnswerException(NoAnswerReason.Network, "The server cannot be reached.", null, error);
                }
                finally
                {
                    stop.Cancel();
                    Ignore(exchange);
                }
            }
        }

        /// <summary>Reads the error of a task that no call waits for any longer.</summary>
        private static void Ignore(Task task) => task.ContinueWith(ended => ended.Exception, TaskScheduler.Default);

        private async Task<Response> ExchangeAsync(
            Func<HttpRequestMessage> build, int bytesMax, bool skipsErrors, CancellationToken cancellationToken)
        {
            using (var request = build())
            using (var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false))
            using (cancellationToken.Register(response.Dispose))
            {
                var status = (int)response.StatusCode;
                // Licet never redirects. A captive portal does, and the key must not follow.
                if (status >= 300 && status < 400)
                    throw new NoAnswerException(NoAnswerReason.NotLicet, "The address redirects, which Licet never does.", status);
                if (skipsErrors && Retry.IsPassing(status))
                {
                    var retryAfter = Retry.ParseRetryAfter(ReadHeader(response.Headers, "Retry-After"), DateTimeOffset.UtcNow);
                    throw new NoAnswerException(NoAnswerReason.Status, $"The server answered {status}.", status) { RetryAfter = retryAfter };
                }
                var body = await ReadTextAsync(response.Content, bytesMax, cancellationToken).ConfigureAwait(false);
                return new Response(status, response.Content?.Headers.ContentType?.MediaType ?? "", body, response.Headers);
            }
        }

        private static async Task<string> ReadTextAsync(HttpContent content, int bytesMax, CancellationToken cancellationToken)
        {
            if (content == null) return "";
            using (var stream = await content.ReadAsStreamAsync().ConfigureAwait(false))
            using (var bytes = new MemoryStream())
            {
                var buffer = new byte[16 * 1024];
                int count;
                while ((count = await stream.ReadAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    if (bytes.Length + count > bytesMax)
                        throw new NoAnswerException(NoAnswerReason.TooLarge, $"The response has more than {bytesMax} bytes.");
                    bytes.Write(buffer, 0, count);
                }
                return Bytes.ToText(bytes.ToArray()).TrimStart('\ufeff');
            }
        }

        /// <summary>Returns a request with the headers that all requests have.</summary>
        internal static HttpRequestMessage BuildRequest(string method, string url, string json)
        {
            var request = new HttpRequestMessage(new HttpMethod(method), url);
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            request.Headers.TryAddWithoutValidation("User-Agent", $"licet-dotnet/{Version}");
            request.Headers.ExpectContinue = false;
            if (json == null) return request;
            request.Content = new ByteArrayContent(Bytes.FromText(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return request;
        }
    }

    /// <summary>When a request is repeated.</summary>
    internal static class Retry
    {
        private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(60);

        /// <summary>Whether a server that answers with a status may answer with another one soon.</summary>
        internal static bool IsPassing(int status) => status >= 500 || status == 408 || status == 425 || status == 429;

        private static bool IsPassing(LicetException failure)
        {
            if (failure is LicetProblemException problem) return IsPassing(problem.Status) || problem.Code == "idempotency_in_progress";
            // A captive portal or a wrong signature would be the same again.
            var reason = (failure as NoAnswerException)?.Reason;
            return reason == NoAnswerReason.Timeout || reason == NoAnswerReason.Network || reason == NoAnswerReason.Status;
        }

        /// <summary>
        /// Returns how long to wait before the next attempt, or null to give up. <paramref name="attempt"/> counts from
        /// 1, <paramref name="random"/> is from 0 to 1. The wait is the server's Retry-After, else a random part of
        /// 0.5 s · 2ⁿ⁻¹, at most 4 s.
        /// </summary>
        internal static TimeSpan? Decide(
            LicetException failure, int attempt, TimeSpan elapsed, double random, int attemptsMax, TimeSpan total)
        {
            if (attempt >= attemptsMax || !IsPassing(failure)) return null;
            var growing = Math.Min(500 * Math.Pow(2, attempt - 1), 4000);
            var wait = failure.RetryAfter ?? TimeSpan.FromMilliseconds(random * growing);
            return wait <= RetryAfterMax && elapsed + wait < total ? wait : (TimeSpan?)null;
        }

        /// <summary>Reads a Retry-After (RFC 9110, §10.2.3) in seconds or as a date; null for anything else.</summary>
        internal static TimeSpan? ParseRetryAfter(string value, DateTimeOffset now)
        {
            if (string.IsNullOrEmpty(value)) return null;
            if (value.All(digit => digit >= '0' && digit <= '9'))
                return value.Length < 10 ? TimeSpan.FromSeconds(long.Parse(value)) : TimeSpan.MaxValue;
            var at = value.EndsWith(" GMT", StringComparison.Ordinal) ? Times.Parse(value) : null;
            if (at == null) return null;
            return at > now ? at - now : TimeSpan.Zero;
        }

        /// <summary>Runs attempts until one succeeds, fails for good, or the limits are reached.</summary>
        internal static async Task<T> RunAsync<T>(
            int attemptsMax, TimeSpan total, Func<TimeSpan, Task<T>> attempt, CancellationToken cancellationToken)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            for (var count = 1; ; count++)
            {
                try
                {
                    return await attempt(total - watch.Elapsed).ConfigureAwait(false);
                }
                catch (LicetException failure)
                {
                    var wait = Decide(failure, count, watch.Elapsed, RandomShare(), attemptsMax, total);
                    if (wait == null) throw;
                    await Task.Delay(wait.Value, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        /// <summary>Returns a number from 0 to 1, which differs between devices that start at the same moment.</summary>
        internal static double RandomShare() => BitConverter.ToUInt32(Bytes.Random(4), 0) / (double)uint.MaxValue;
    }
}
