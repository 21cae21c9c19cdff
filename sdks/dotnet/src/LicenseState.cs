using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Licet
{
    /// <summary>What is known about a license.</summary>
    public enum LicenseStatus
    {
        /// <summary>The license is valid.</summary>
        Licensed,
        /// <summary>It is, but the server has not confirmed it for too long.</summary>
        Grace,
        /// <summary>A server said no.</summary>
        Refused,
        /// <summary>Nothing proves either, so the app decides.</summary>
        Unknown,
    }

    /// <summary>What a state was decided by.</summary>
    public enum StateSource
    {
        /// <summary>The server's answer to this call.</summary>
        Server,
        /// <summary>The stored lease.</summary>
        Lease,
        /// <summary>The imported license file.</summary>
        File,
        /// <summary>A stored answer or refusal.</summary>
        Cache,
        /// <summary>Nothing.</summary>
        None,
    }

    /// <summary>A license as an app sees it.</summary>
    public sealed class License
    {
        internal License(string id, string plan, JsonObject features, string expiresAt)
        {
            Id = id;
            Plan = plan;
            Features = features;
            ExpiresAtText = expiresAt;
        }

        /// <summary>The license's ID, such as <c>lic_…</c>.</summary>
        public string Id { get; }

        /// <summary>The slug of its plan.</summary>
        public string Plan { get; }

        /// <summary>Its features, such as <c>true</c>, <c>5L</c> or <c>"gold"</c>.</summary>
        public JsonObject Features { get; }

        /// <summary>When it ends; null without an end.</summary>
        public DateTimeOffset? ExpiresAt => ExpiresAtText == null ? null : Times.Parse(ExpiresAtText);

        /// <summary>Whether the license includes a feature: it is not missing, <c>false</c> or 0.</summary>
        public bool Has(string feature)
        {
            var value = Features[feature];
            return value != null && !Equals(value, false) && !Equals(value, 0L) && !Equals(value, 0d);
        }

        internal string ExpiresAtText { get; }

        /// <summary>Returns the license that a token proves.</summary>
        internal static License Read(Claims claims) => new License(
            claims.LicenseId, claims.Plan, claims.Features, claims.End == null ? null : Times.Format(claims.End.Value));
    }

    /// <summary>The result of a check.</summary>
    public sealed class LicenseState
    {
        private LicenseState(LicenseStatus status, StateSource source, IReadOnlyList<string> warnings)
        {
            Status = status;
            Source = source;
            Warnings = warnings;
        }

        /// <summary>Whether the app may run: the status is licensed or grace.</summary>
        public bool Allowed => Status == LicenseStatus.Licensed || Status == LicenseStatus.Grace;

        /// <summary>What is known about the license.</summary>
        public LicenseStatus Status { get; }

        /// <summary>The source of the decision.</summary>
        public StateSource Source { get; }

        /// <summary>Why the app may not run, such as <c>LICENSE_EXPIRED</c> or <c>NO_ANSWER</c>; null if it may.</summary>
        public string Code { get; private set; }

        /// <summary>The same in words for people; null if it may.</summary>
        public string Message { get; private set; }

        /// <summary>The license; null unless the app may run.</summary>
        public License License { get; private set; }

        /// <summary>Codes such as <c>EXPIRES_SOON</c>.</summary>
        public IReadOnlyList<string> Warnings { get; }

        /// <summary>Since when a confirmation is due; null unless the status is grace.</summary>
        public DateTimeOffset? StaleSince { get; private set; }

        /// <summary>When the next refresh is due, or null.</summary>
        public DateTimeOffset? RefreshAfter { get; private set; }

        /// <summary>Until when the app may run without any answer, or null.</summary>
        public DateTimeOffset? ValidUntil { get; private set; }

        /// <summary>Whether a record decides. A server that does not answer is then asked only once.</summary>
        internal bool IsUsable => Status != LicenseStatus.Unknown;

        internal static LicenseState Deny(LicenseStatus status, string code, string message, StateSource source) =>
            new LicenseState(status, source, new string[0]) { Code = code, Message = message };

        internal static LicenseState Allow(
            License license, StateSource source, IReadOnlyList<string> warnings, long? staleSince, long? refreshAfter, long? validUntil) =>
            new LicenseState(staleSince == null ? LicenseStatus.Licensed : LicenseStatus.Grace, source, warnings)
            {
                License = license,
                StaleSince = Times.FromSeconds(staleSince),
                RefreshAfter = Times.FromSeconds(refreshAfter),
                ValidUntil = Times.FromSeconds(validUntil),
            };

        internal LicenseState WithWarning(string warning) => new LicenseState(Status, Source, Warnings.Concat(new[] { warning }).ToList())
        {
            License = License,
            StaleSince = StaleSince,
            RefreshAfter = RefreshAfter,
            ValidUntil = ValidUntil,
        };

        internal LicenseState WithMessage(string message) => Deny(Status, Code, message, Source);

        /// <summary>Refuses an allowed state without one of the features: missing, <c>false</c> or 0.</summary>
        internal LicenseState RequireFeatures(IEnumerable<string> features)
        {
            var missing = Allowed ? features?.FirstOrDefault(name => !License.Has(name)) : null;
            if (missing == null) return this;
            var message = $"The license does not include the feature \"{missing}\".";
            return Deny(LicenseStatus.Refused, "FEATURE_NOT_INCLUDED", message, Source);
        }
    }

    /// <summary>Times as seconds since 1970 and as texts.</summary>
    internal static class Times
    {
        internal static string Format(long seconds) =>
            FromSeconds(seconds).Value.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        /// <summary>Returns a time, at the latest the end of the year 9999.</summary>
        internal static DateTimeOffset? FromSeconds(long? seconds) =>
            seconds == null ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds.Value, Claims.SecondsMax));

        /// <summary>Reads RFC 3339 or the date of an HTTP header; null for anything else.</summary>
        internal static DateTimeOffset? Parse(string text)
        {
            const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, utc, out var time) ? time : (DateTimeOffset?)null;
        }

        internal static long? ParseSeconds(string text) => text == null ? null : Parse(text)?.ToUnixTimeSeconds();
    }
}
