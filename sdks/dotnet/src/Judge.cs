using System;
using System.Collections.Generic;
using System.Linq;

namespace Licet
{
    internal sealed class JudgeOptions
    {
        /// <summary>Without any, nothing signed is read; with some, nothing else.</summary>
        internal IReadOnlyList<string> PublicKeys { get; set; } = new string[0];
        internal Binding Binding { get; set; } = new Binding(null, null, null);
        /// <summary>When an unsigned answer is to be refreshed, and for how long it is used at most, in seconds.</summary>
        internal long Refresh { get; set; } = 86400;
        internal long HardLimit { get; set; } = 30 * 86400;
        /// <summary>When the app was built, in seconds: no clock that shows an earlier time is right.</summary>
        internal long BuiltAt { get; set; }
    }

    /// <summary>A record with those of its tokens whose signatures are good.</summary>
    internal sealed class Evidence
    {
        internal Evidence(Record record, IReadOnlyList<Token> tokens)
        {
            Record = record;
            Tokens = tokens;
        }

        internal Record Record { get; }
        internal IReadOnlyList<Token> Tokens { get; }

        /// <summary>Opens the lease and the file of a record. One that cannot be opened counts as absent.</summary>
        internal static Evidence Open(Record record, IReadOnlyList<string> publicKeys)
        {
            var tokens = new[] { TryOpen(record.Lease, TokenType.Lease, publicKeys), TryOpen(record.File, TokenType.File, publicKeys) };
            return new Evidence(record, tokens.Where(token => token != null).ToList());
        }

        private static Token TryOpen(string text, string type, IReadOnlyList<string> publicKeys)
        {
            try
            {
                return text == null || publicKeys.Count == 0 ? null : Token.Open(text, type, publicKeys);
            }
            catch (TokenException)
            {
                return null;
            }
        }
    }

    internal sealed class Ruling
    {
        internal Ruling(LicenseState state, Record record, bool refresh)
        {
            State = state;
            Record = record;
            Refresh = refresh;
        }

        internal LicenseState State { get; }
        /// <summary>The record to store. It is the same object if nothing has changed.</summary>
        internal Record Record { get; }
        /// <summary>Whether the server should be asked.</summary>
        internal bool Refresh { get; }
    }

    /// <summary>The reading of a device's clock, which can be wrong, or set back on purpose (conformance suite, §Clock).</summary>
    internal readonly struct Clock
    {
        /// <summary>How often the time is noted in the record.</summary>
        private const long FloorSeconds = 3600;

        internal Clock(Evidence evidence, long now, long builtAt)
        {
            var floor = evidence.Tokens.Select(token => token.Claims.IssuedAt)
                .Concat(new[] { evidence.Record.Floor, builtAt }).Max();
            IsBehind = now < floor - Verification.ClockLeeway;
            Time = IsBehind ? floor : now;
            NextFloor = now >= floor + FloorSeconds ? now : floor;
        }

        /// <summary>The time at which the record is judged.</summary>
        internal long Time { get; }
        internal bool IsBehind { get; }
        internal long NextFloor { get; }
    }

    /// <summary>
    /// Decides whether an app may run (conformance suite, §The judge), without a clock or any input besides its
    /// arguments. Only a server's verdict can refuse a license: without one, the record decides.
    /// </summary>
    internal static class Judge
    {
        internal static Ruling Rule(Evidence evidence, long now, Verdict verdict, JudgeOptions options)
        {
            var record = evidence.Record;
            if (verdict != null)
            {
                // The server's clock decides, also if that of the device was ahead before.
                var at = verdict.At ?? Math.Max(now, record.Floor);
                var noted = record.WithFloor(at);
                return verdict.IsValid ? Accept(noted, at, verdict, options) : Refuse(noted, at, verdict);
            }
            var clock = new Clock(evidence, now, options.BuiltAt);
            var (state, refresh) = RuleByRecord(evidence, clock.Time, options);
            if (clock.IsBehind && state.Allowed) state = state.WithWarning("CLOCK_BEHIND");
            return new Ruling(state, record.WithFloor(clock.NextFloor), refresh || clock.IsBehind);
        }

        private static Ruling Accept(Record record, long at, Verdict verdict, JudgeOptions options)
        {
            var answer = verdict.Plain == null ? null : new StoredAnswer(at, verdict.Plain);
            var refreshAfter = answer == null ? verdict.Lease?.Claims.RefreshAfter : at + options.Refresh;
            var validUntil = answer == null ? verdict.Lease?.Claims.ExpiresAt : answer.FindExpiry(options.HardLimit);
            var state = LicenseState.Allow(verdict.License, StateSource.Server, verdict.Warnings, null, refreshAfter, validUntil);
            // An answer without a lease removes the stored one, because the plan no longer allows it.
            return new Ruling(state, record.WithVerdict(verdict.LeaseText, answer, null), false);
        }

        private static Ruling Refuse(Record record, long at, Verdict verdict)
        {
            var state = LicenseState.Deny(LicenseStatus.Refused, verdict.Code, verdict.Message, StateSource.Server);
            // A missing feature says something about the call, not about the license.
            var isAboutCall = verdict.Code == "FEATURE_NOT_INCLUDED";
            var buried = isAboutCall ? record : record.WithVerdict(null, null, new Tombstone(verdict.Code, verdict.Message, at));
            return new Ruling(state, buried, false);
        }

        private static (LicenseState State, bool Refresh) RuleByRecord(Evidence evidence, long time, JudgeOptions options)
        {
            var record = evidence.Record;
            var tombstone = record.Tombstone;
            if (tombstone != null) return (LicenseState.Deny(LicenseStatus.Refused, tombstone.Code, tombstone.Message, StateSource.Cache), true);
            if (evidence.Tokens.Count > 0) return RuleByTokens(evidence, time, options);
            if (options.PublicKeys.Count == 0 && record.Answer != null) return RuleByAnswer(record.Answer, time, options);
            const string message = "No license is stored here yet, and the server did not answer.";
            return (LicenseState.Deny(LicenseStatus.Unknown, "NO_ANSWER", message, StateSource.None), true);
        }

        /// <summary>Of the tokens that are good, the one with the latest end decides.</summary>
        private static (LicenseState, bool) RuleByTokens(Evidence evidence, long time, JudgeOptions options)
        {
            var feed = evidence.Record.Feed;
            var candidates = evidence.Tokens.OrderByDescending(token => token.Claims.ExpiresAt).Select(token => (Token: token, Fault:
                Verification.FindProofFault(token, Proof.None, feed) ??
                Verification.FindBindingFault(token, options.Binding, feed) ??
                Verification.FindTimeFault(token, time))).ToList();
            var good = candidates.Find(candidate => candidate.Fault == null).Token;
            if (good != null) return Allow(good, evidence.Tokens, time);
            var revoked = candidates.FindIndex(candidate => candidate.Fault == "LICENSE_REVOKED");
            var (decisive, fault) = candidates[Math.Max(revoked, 0)];
            var status = revoked < 0 ? LicenseStatus.Unknown : LicenseStatus.Refused;
            return (LicenseState.Deny(status, fault, Verification.Explain(fault), SourceOf(decisive)), true);
        }

        private static (LicenseState, bool) Allow(Token token, IReadOnlyList<Token> all, long time)
        {
            var claims = token.Claims;
            var staleSince = time >= claims.ValidUntil ? claims.ValidUntil : (long?)null;
            var state = LicenseState.Allow(
                License.Read(claims), SourceOf(token), claims.Warnings, staleSince, claims.RefreshAfter, claims.ExpiresAt);
            var isLeaseDue = all.Any(each => each.IsLease && time >= each.Claims.RefreshAfter);
            return (state, staleSince != null || isLeaseDue || time >= claims.RefreshAfter);
        }

        private static (LicenseState, bool) RuleByAnswer(StoredAnswer answer, long time, JudgeOptions options)
        {
            var staleAt = answer.At + options.Refresh;
            var end = answer.FindExpiry(options.HardLimit);
            if (time >= end)
            {
                const string message = "The license was not confirmed for too long. Connect to the internet.";
                return (LicenseState.Deny(LicenseStatus.Unknown, "CACHE_EXPIRED", message, StateSource.Cache), true);
            }
            var staleSince = time >= staleAt ? staleAt : (long?)null;
            var verdict = answer.Verdict;
            var state = LicenseState.Allow(verdict.License, StateSource.Cache, verdict.Warnings, staleSince, staleAt, end);
            return (state, staleSince != null);
        }

        private static StateSource SourceOf(Token token) => token.IsLease ? StateSource.Lease : StateSource.File;

        /// <summary>
        /// Adds a license file to a record (conformance suite, §The judge, 5). Throws a <see cref="TokenException"/> if
        /// it is not for this app and device, has expired or is revoked.
        /// </summary>
        internal static Ruling AddFile(Evidence evidence, long now, string text, JudgeOptions options)
        {
            var issuedAt = Token.Open(text, TokenType.File, options.PublicKeys).Claims.IssuedAt;
            var record = LowerFloor(evidence, issuedAt);
            var time = new Clock(new Evidence(record, evidence.Tokens), now, options.BuiltAt).Time;
            Verification.Verify(text, TokenType.File, options.PublicKeys, Proof.None, options.Binding, record.Feed, time);
            var tombstone = record.Tombstone?.At < issuedAt ? null : record.Tombstone;
            var next = record.WithFile(Token.RemoveArmor(text, TokenType.File), tombstone);
            return Rule(Evidence.Open(next, options.PublicKeys), now, null, options);
        }

        /// <summary>A file that is newer than the stored ones heals a device whose clock was ahead: no server can.</summary>
        private static Record LowerFloor(Evidence evidence, long issuedAt)
        {
            var isNewest = evidence.Tokens.Count > 0 && evidence.Tokens.All(token => token.Claims.IssuedAt < issuedAt);
            return isNewest ? evidence.Record.WithFloor(Math.Min(evidence.Record.Floor, issuedAt)) : evidence.Record;
        }

        /// <summary>
        /// Adds a revocation feed to a record. One that is older than the stored one changes nothing. Throws a
        /// <see cref="TokenException"/>, also if entries between the two are missing (<c>FEED_GAP</c>).
        /// </summary>
        internal static Ruling AddRevocations(Evidence evidence, long now, string text, JudgeOptions options)
        {
            var record = evidence.Record;
            var token = Verification.Verify(
                text, TokenType.Revocations, options.PublicKeys, Proof.None, options.Binding, record.Feed, now);
            var feed = Merge(record.Feed, token.Claims);
            var next = feed == record.Feed ? record : record.WithFeed(feed).WithFloor(Math.Max(record.Floor, token.Claims.IssuedAt));
            return Rule(new Evidence(next, evidence.Tokens), now, null, options);
        }

        private static Feed Merge(Feed stored, Claims claims)
        {
            if (stored != null && claims.To < stored.To) return stored;
            if (claims.From > (stored?.To ?? 0)) throw new TokenException("FEED_GAP", Verification.Explain("FEED_GAP"));
            var earlier = claims.From == 0 ? null : stored?.Revoked;
            return new Feed(claims.To, Merge(earlier, claims.Revoked), Merge(stored?.Keys, claims.RevokedKeys));
        }

        private static IReadOnlyDictionary<string, long> Merge(
            IReadOnlyDictionary<string, long> earlier, IReadOnlyDictionary<string, long> later)
        {
            var merged = later.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
            if (earlier == null) return merged;
            foreach (var entry in earlier.Where(entry => !merged.ContainsKey(entry.Key)).ToList()) merged.Add(entry.Key, entry.Value);
            return merged;
        }
    }
}
