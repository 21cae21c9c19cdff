using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Licet
{
    /// <summary>An event as Licet sends it.</summary>
    public sealed class WebhookEvent
    {
        internal WebhookEvent(JsonObject body) => Body = body;

        /// <summary>The ID of the event. A repeated delivery has the same.</summary>
        public string Id => Body.GetString("id");

        /// <summary>Such as <c>license.created</c>.</summary>
        public string Type => Body.GetString("type");

        /// <summary>When it happened.</summary>
        public DateTimeOffset? Timestamp => Body.GetString("timestamp") is string text ? Times.Parse(text) : null;

        /// <summary>What happened. <c>license</c> in it is the license, with its key masked.</summary>
        public JsonObject Data => Body.GetObject("data") ?? JsonObject.Empty;

        /// <summary>The whole body.</summary>
        public JsonObject Body { get; }
    }

    /// <summary>Verifies the webhooks of Licet (Standard Webhooks 1.0).</summary>
    public static class Webhooks
    {
        private const long Tolerance = 300;
        private const string SecretPrefix = "whsec_";

        /// <summary>
        /// Returns the event in a webhook request. Throws a <see cref="WebhookException"/> unless it was signed with the
        /// secret (<c>whsec_…</c>) within the last five minutes. The body is that of the request, exactly as it arrived.
        /// </summary>
        public static WebhookEvent Verify(
            byte[] body, IEnumerable<KeyValuePair<string, string>> headers, string secret, DateTimeOffset? now = null) =>
            Verify(body, headers, new[] { secret }, now);

        /// <summary>Like the other one, with several secrets during a rotation, of which one must match.</summary>
        public static WebhookEvent Verify(
            byte[] body, IEnumerable<KeyValuePair<string, string>> headers, IEnumerable<string> secrets, DateTimeOffset? now = null)
        {
            var given = headers.ToList();
            var (id, timestamp) = (ReadHeader(given, "webhook-id"), ReadHeader(given, "webhook-timestamp"));
            var signatures = ReadHeader(given, "webhook-signature");
            var isWhole = timestamp.Length > 0 && timestamp.Length <= 15 && timestamp.All(digit => digit >= '0' && digit <= '9');
            if (id == "" || signatures == "" || !isWhole) throw new WebhookException("HEADER_MISSING", "The request has no webhook headers.");
            CheckAge((now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds() - long.Parse(timestamp, CultureInfo.InvariantCulture));
            var message = Bytes.Concat(Bytes.FromText($"{id}.{timestamp}."), body);
            var expected = secrets.Select(secret => Bytes.FromText("v1," + Sign(secret, message))).ToList();
            // Each comparison is made, whether or not an earlier one has matched.
            var matches = signatures.Split(' ').Select(Bytes.FromText)
                .Sum(signature => expected.Count(own => Bytes.AreEqual(signature, own)));
            if (matches == 0) throw new WebhookException("SIGNATURE_INVALID", "No signature matches.");
            var text = Bytes.ToText(body);
            return new WebhookEvent(Json.ParseObject(text) ?? throw new WebhookException("BODY_INVALID", "The body is not a JSON object."));
        }

        private static void CheckAge(long seconds)
        {
            if (seconds > Tolerance) throw new WebhookException("TIMESTAMP_TOO_OLD", "The request is more than five minutes old.");
            if (seconds < -Tolerance) throw new WebhookException("TIMESTAMP_TOO_NEW", "The request is more than five minutes ahead.");
        }

        private static string ReadHeader(IEnumerable<KeyValuePair<string, string>> headers, string name) =>
            headers.Where(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase))
                .Select(header => header.Value).FirstOrDefault() ?? "";

        private static string Sign(string secret, byte[] message)
        {
            var base64 = secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret.Substring(SecretPrefix.Length) : secret;
            var key = Convert.FromBase64String(base64);
            if (key.Length == 0) throw new ArgumentException("A webhook secret is empty.");
            return Convert.ToBase64String(Bytes.HmacSha256(key, message));
        }
    }
}
