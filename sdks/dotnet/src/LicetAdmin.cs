using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>The options of a <see cref="LicetAdmin"/>.</summary>
    public sealed class AdminOptions
    {
        /// <summary>The time for each attempt.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How often a request is repeated after a failure that may pass; 0 for never.</summary>
        public int Retries { get; set; } = 2;

        /// <summary>Sends the requests, for example through a proxy of your own.</summary>
        public HttpMessageHandler Handler { get; set; }
    }

    /// <summary>The options of one call.</summary>
    public sealed class CallOptions
    {
        /// <summary>
        /// Sent with a POST. By default each call has a new one, the same for all of its attempts. Pass your own, such as
        /// the ID of an order, so that a call can be repeated later without a second effect.
        /// </summary>
        public string IdempotencyKey { get; set; }

        /// <summary>The <c>version</c> of the license as you read it. If it has changed, the call fails with 412.</summary>
        public long? IfMatch { get; set; }
    }

    /// <summary>
    /// The management API, for your own servers: its API key must never be part of an app. Bodies and queries are objects
    /// such as <c>new { plan = "professional" }</c> or dictionaries, and results are the objects of the API as they are.
    /// Calls throw a <see cref="LicetProblemException"/> if the server answers with an error, and a
    /// <see cref="NoAnswerException"/> if there is no response, in both cases after the retries.
    /// </summary>
    public sealed class LicetAdmin
    {
        private const int ResponseBytesMax = 64 * 1024 * 1024;
        private static readonly Regex JsonType =
            new Regex(@"\Aapplication/(?:[\w.]+\+)?json\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        private static readonly string[] RepeatedMethods = { "GET", "HEAD", "PUT", "DELETE", "POST" };
        private readonly string url;
        private readonly string token;
        private readonly AdminOptions options;
        private readonly Http http;

        /// <summary>Takes the address of the server, and an API key such as <c>licet_…</c>.</summary>
        public LicetAdmin(string url, string token, AdminOptions options = null)
        {
            this.url = Http.ParseServerUrl(url);
            this.token = string.IsNullOrWhiteSpace(token) ? throw new ArgumentException("LicetAdmin needs an API key.", nameof(token)) : token.Trim();
            this.options = options ?? new AdminOptions();
            Http.CheckTimeout(this.options.Timeout);
            http = new Http(this.options.Handler);
            Licenses = new AdminLicenses(this);
            Plans = new AdminPlans(this);
            Products = new AdminProducts(this);
            Webhooks = new AdminWebhooks(this);
            Events = new AdminEvents(this);
        }

        /// <summary>Licenses, with what uses them.</summary>
        public AdminLicenses Licenses { get; }

        /// <summary>Plans, which licenses have their terms from.</summary>
        public AdminPlans Plans { get; }

        /// <summary>Products.</summary>
        public AdminProducts Products { get; }

        /// <summary>The endpoints of webhooks.</summary>
        public AdminWebhooks Webhooks { get; }

        /// <summary>Events: everything that has happened.</summary>
        public AdminEvents Events { get; }

        /// <summary>
        /// Sends any other request of the API, such as <c>RequestAsync("GET", "/api/v1/mails")</c>. Returns the JSON of the
        /// response, as a <see cref="JsonObject"/> or a list, its text if it is not JSON, or null if it has no body.
        /// </summary>
        public Task<object> RequestAsync(
            string method, string path, object body = null, object query = null, CallOptions call = null,
            CancellationToken cancellationToken = default)
        {
            // Without the slash, the path could change the host.
            if (path == null || !path.StartsWith("/", StringComparison.Ordinal))
                throw new ArgumentException("A path starts with a slash.", nameof(path));
            var verb = method.ToUpperInvariant();
            var address = url + path + BuildQuery(query, path.Contains("?") ? "&" : "?");
            var json = body == null ? null : Json.Write(body);
            var idempotencyKey = verb == "POST" ? call?.IdempotencyKey ?? Guid.NewGuid().ToString() : null;
            var attemptsMax = RepeatedMethods.Contains(verb) ? options.Retries + 1 : 1;
            return Retry.RunAsync(attemptsMax, TimeSpan.MaxValue, async _ =>
            {
                var response = await http.SendAsync(
                    () => Build(verb, address, json, idempotencyKey, call?.IfMatch), options.Timeout, ResponseBytesMax, false, cancellationToken)
                    .ConfigureAwait(false);
                return ReadResult(response);
            }, cancellationToken);
        }

        private HttpRequestMessage Build(string method, string address, string json, string idempotencyKey, long? ifMatch)
        {
            var request = Http.BuildRequest(method, address, json);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            if (idempotencyKey != null) request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
            if (ifMatch != null) request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifMatch}\"");
            return request;
        }

        /// <summary>Throws a <see cref="LicetProblemException"/> for a status that says that the request has failed.</summary>
        private static object ReadResult(Response response)
        {
            var isJson = JsonType.IsMatch(response.ContentType);
            if (response.Status >= 200 && response.Status < 300)
            {
                if (!isJson) return response.Body == "" ? null : response.Body;
                if (Json.TryParse(response.Body, false, out var value)) return value;
                throw new NoAnswerException(NoAnswerReason.NotLicet, "The response is not JSON, although it says so.", response.Status);
            }
            var problem = isJson ? Json.ParseObject(response.Body) : null;
            throw new LicetProblemException(response.Status, problem ?? JsonObject.Empty, response.RequestId) { RetryAfter = response.RetryAfter };
        }

        /// <summary>A list is joined with commas; null is left out.</summary>
        private static string BuildQuery(object query, string separator)
        {
            var pairs = ReadMembers(query).Where(member => member.Value != null)
                .Select(member => $"{Uri.EscapeDataString(member.Key)}={Uri.EscapeDataString(Print(member.Value))}").ToList();
            return pairs.Count == 0 ? "" : separator + string.Join("&", pairs);
        }

        internal static IEnumerable<KeyValuePair<string, object>> ReadMembers(object value)
        {
            if (value == null) return new KeyValuePair<string, object>[0];
            return value as IEnumerable<KeyValuePair<string, object>> ?? Json.ReadProperties(value);
        }

        private static string Print(object value)
        {
            if (value is string text) return text;
            if (value is IEnumerable items) return string.Join(",", items.Cast<object>().Select(Print));
            return Json.Write(value).Trim('"');
        }

        /// <summary>Calls a route, with the IDs in place of its parameters, and returns the object that it returns, or null.</summary>
        internal async Task<JsonObject> CallAsync(
            string route, string[] ids, object body, object query, CallOptions call, CancellationToken cancellationToken)
        {
            var method = route.Substring(0, route.IndexOf(' '));
            var path = FillRoute(route.Substring(method.Length + 1), ids);
            var value = await RequestAsync(method, path, body, query, call, cancellationToken).ConfigureAwait(false);
            if (value == null || value is JsonObject) return (JsonObject)value;
            throw new NoAnswerException(NoAnswerReason.NotLicet, "Something else than Licet answered. Check the address of the server.");
        }

        /// <summary>Throws for an ID that would lead to another route, such as an empty one.</summary>
        private static string FillRoute(string template, string[] ids)
        {
            var index = 0;
            return Regex.Replace(template, @"\{\w+\}", _ =>
            {
                var id = ids[index++];
                if (string.IsNullOrEmpty(id) || id == "." || id == "..")
                    throw new ArgumentException($"{template} needs the ID of an existing object.");
                return Uri.EscapeDataString(id);
            });
        }
    }

    /// <summary>
    /// A list that is read page by page while it is iterated, with <c>await foreach</c> in C# 8 and later, or with
    /// <see cref="ToListAsync"/>. Nothing is requested before that.
    /// </summary>
    public sealed class AdminList
    {
        private readonly LicetAdmin admin;
        private readonly string route;
        private readonly string[] ids;
        private readonly object query;

        internal AdminList(LicetAdmin admin, string route, string[] ids, object query)
        {
            this.admin = admin;
            this.route = route;
            this.ids = ids;
            this.query = query;
        }

        /// <summary>
        /// Returns a page, with the members <c>data</c> and <c>next_cursor</c>: the first one, or that of a cursor.
        /// </summary>
        public Task<JsonObject> PageAsync(string cursor = null, CancellationToken cancellationToken = default)
        {
            var members = LicetAdmin.ReadMembers(query).Where(member => cursor == null || member.Key != "cursor")
                .ToDictionary(member => member.Key, member => member.Value);
            if (cursor != null) members["cursor"] = cursor;
            return admin.CallAsync(route, ids, null, members, null, cancellationToken);
        }

        /// <summary>Returns all items.</summary>
        public async Task<IReadOnlyList<JsonObject>> ToListAsync(CancellationToken cancellationToken = default)
        {
            var items = new List<JsonObject>();
            var iterator = GetAsyncEnumerator(cancellationToken);
            while (await iterator.MoveNextAsync().ConfigureAwait(false)) items.Add(iterator.Current);
            return items;
        }

        /// <summary>Iterates over the items of all pages.</summary>
        public Iterator GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Iterator(this, cancellationToken);

        /// <summary>Iterates over the items of all pages.</summary>
        public sealed class Iterator
        {
            private readonly AdminList list;
            private readonly CancellationToken cancellationToken;
            private IReadOnlyList<object> page = new object[0];
            private string cursor;
            private bool isLast;
            private int index = -1;

            internal Iterator(AdminList list, CancellationToken cancellationToken)
            {
                this.list = list;
                this.cancellationToken = cancellationToken;
            }

            /// <summary>The item.</summary>
            public JsonObject Current => (JsonObject)page[index];

            /// <summary>Goes to the next item. Returns false if there is none.</summary>
            public async Task<bool> MoveNextAsync()
            {
                index++;
                while (index >= page.Count)
                {
                    if (isLast) return false;
                    var next = await list.PageAsync(cursor, cancellationToken).ConfigureAwait(false);
                    page = next?.GetList("data") ?? throw new NoAnswerException(NoAnswerReason.NotLicet, "The response has no list.");
                    cursor = next.GetString("next_cursor");
                    isLast = cursor == null;
                    index = 0;
                }
                return true;
            }
        }
    }
}
