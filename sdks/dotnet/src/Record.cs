using System;
using System.Collections.Generic;
using System.Linq;

namespace Licet
{
    /// <summary>A server's unsigned <c>valid: true</c>.</summary>
    internal sealed class PlainVerdict
    {
        internal PlainVerdict(License license, IReadOnlyList<string> warnings)
        {
            License = license;
            Warnings = warnings;
        }

        internal License License { get; }
        internal IReadOnlyList<string> Warnings { get; }

        /// <summary>Returns what we know of a response that says valid; null if it is not one.</summary>
        internal static PlainVerdict Parse(JsonObject body)
        {
            if (body == null || !Equals(body["valid"], true)) return null;
            var license = body.GetObject("license");
            var warnings = body.GetList("warnings");
            if (license == null || warnings == null || !warnings.All(each => each is string)) return null;
            var (id, plan, features) = (license.GetString("id"), license.GetString("plan"), license.GetObject("features"));
            var end = license["expiresAt"];
            var isEnd = license.ContainsKey("expiresAt") && (end == null || (end is string text && Times.Parse(text) != null));
            if (id == null || plan == null || features == null || !isEnd) return null;
            return new PlainVerdict(new License(id, plan, features, (string)end), warnings.Cast<string>().ToList());
        }

        internal JsonObject ToJson()
        {
            var license = new JsonObject();
            license.Set("id", License.Id);
            license.Set("plan", License.Plan);
            license.Set("features", License.Features);
            license.Set("expiresAt", License.ExpiresAtText);
            return new JsonObject().With("valid", true).With("license", license).With("warnings", Warnings);
        }
    }

    /// <summary>The last valid answer that was not signed. Only kept if no keys are pinned.</summary>
    internal sealed class StoredAnswer
    {
        internal StoredAnswer(long at, PlainVerdict verdict)
        {
            At = at;
            Verdict = verdict;
        }

        internal long At { get; }
        internal PlainVerdict Verdict { get; }

        /// <summary>Returns the time in seconds until which it is used.</summary>
        internal long FindExpiry(long hardLimit)
        {
            var limit = At + hardLimit;
            var end = Verdict.License.ExpiresAt?.ToUnixTimeSeconds() ?? limit;
            // A license in its grace period was valid although its end had passed.
            return end > At && end < limit ? end : limit;
        }
    }

    /// <summary>A server's refusal. It decides until a server says otherwise or a newer file is imported.</summary>
    internal sealed class Tombstone
    {
        internal Tombstone(string code, string message, long at)
        {
            Code = code;
            Message = message;
            At = at;
        }

        internal string Code { get; }
        internal string Message { get; }
        internal long At { get; }
    }

    /// <summary>The revocation feed as far as it was imported.</summary>
    internal sealed class Feed
    {
        internal Feed(long to, IReadOnlyDictionary<string, long> revoked, IReadOnlyDictionary<string, long> keys)
        {
            To = to;
            Revoked = revoked;
            Keys = keys;
        }

        internal long To { get; }
        internal IReadOnlyDictionary<string, long> Revoked { get; }
        internal IReadOnlyDictionary<string, long> Keys { get; }

        internal static Feed Parse(JsonObject value)
        {
            var to = value == null ? null : Claims.ToWhole(value["to"]);
            var revoked = ParseTimes(value?.GetObject("revoked"));
            var keys = ParseTimes(value?.GetObject("keys"));
            return to == null || revoked == null || keys == null ? null : new Feed(to.Value, revoked, keys);
        }

        private static IReadOnlyDictionary<string, long> ParseTimes(JsonObject times) =>
            times == null || !times.Values.All(Claims.IsSeconds)
                ? null
                : times.ToDictionary(entry => entry.Key, entry => Claims.ToWhole(entry.Value).Value, StringComparer.Ordinal);
    }

    /// <summary>The memory of an app about one license. Times are whole seconds since 1970.</summary>
    internal sealed class Record
    {
        internal static readonly Record Empty = new Record();

        private Record() { }

        internal string Lease { get; private set; }
        internal string File { get; private set; }
        internal StoredAnswer Answer { get; private set; }
        internal Tombstone Tombstone { get; private set; }
        internal long Floor { get; private set; }
        internal Feed Feed { get; private set; }

        /// <summary>Returns a changed copy.</summary>
        private Record Change(Action<Record> change)
        {
            var copy = (Record)MemberwiseClone();
            change(copy);
            return copy;
        }

        internal Record WithFloor(long floor) => floor == Floor ? this : Change(copy => copy.Floor = floor);

        internal Record WithFile(string file, Tombstone tombstone) => Change(copy =>
        {
            copy.File = file;
            copy.Tombstone = tombstone;
        });

        internal Record WithFeed(Feed feed) => Change(copy => copy.Feed = feed);

        /// <summary>What follows from a verdict: the lease, the answer or the tombstone replaces all three.</summary>
        internal Record WithVerdict(string lease, StoredAnswer answer, Tombstone tombstone) => Change(copy =>
        {
            copy.Lease = lease;
            copy.Answer = answer;
            copy.Tombstone = tombstone;
        });

        /// <summary>Returns the name under which the record of a license is stored.</summary>
        internal static string NameFor(string key, string product, string fingerprint, string domain)
        {
            var text = string.Join("\n", key ?? "", product ?? "", fingerprint ?? "", domain ?? "");
            return "licet-" + Bytes.ToHex(Bytes.Sha256(Bytes.FromText(text))).Substring(0, 16);
        }

        /// <summary>Reads a stored record. Each part that is damaged counts as missing.</summary>
        internal static Record Parse(string text)
        {
            var stored = text == null ? null : Json.ParseObject(text);
            if (stored == null || Claims.ToWhole(stored["v"]) != 1) return Empty;
            return new Record
            {
                Lease = stored.GetString("lease"),
                File = stored.GetString("file"),
                Answer = ParseAnswer(stored.GetObject("answer")),
                Tombstone = ParseTombstone(stored.GetObject("tombstone")),
                Floor = Claims.IsSeconds(stored["floor"]) ? Claims.ToWhole(stored["floor"]).Value : 0,
                Feed = Feed.Parse(stored.GetObject("feed")),
            };
        }

        private static StoredAnswer ParseAnswer(JsonObject value)
        {
            var verdict = PlainVerdict.Parse(value?.GetObject("verdict"));
            return verdict == null || !Claims.IsSeconds(value["at"]) ? null : new StoredAnswer(Claims.ToWhole(value["at"]).Value, verdict);
        }

        private static Tombstone ParseTombstone(JsonObject value)
        {
            var (code, message) = (value?.GetString("code"), value?.GetString("message"));
            if (code == null || message == null || !Claims.IsSeconds(value["at"])) return null;
            return new Tombstone(code, message, Claims.ToWhole(value["at"]).Value);
        }

        internal string ToJson() => Json.Write(new Dictionary<string, object>
        {
            ["v"] = 1,
            ["lease"] = Lease,
            ["file"] = File,
            ["answer"] = Answer == null ? null : new Dictionary<string, object> { ["at"] = Answer.At, ["verdict"] = Answer.Verdict.ToJson() },
            ["tombstone"] = Tombstone == null
                ? null
                : new Dictionary<string, object> { ["code"] = Tombstone.Code, ["message"] = Tombstone.Message, ["at"] = Tombstone.At },
            ["floor"] = Floor,
            ["feed"] = Feed == null
                ? null
                : new Dictionary<string, object> { ["to"] = Feed.To, ["revoked"] = Feed.Revoked, ["keys"] = Feed.Keys },
        });
    }
}
