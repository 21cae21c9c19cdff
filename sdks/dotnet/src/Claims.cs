using System;
using System.Collections.Generic;
using System.Linq;

namespace Licet
{
    /// <summary>The types of tokens.</summary>
    internal static class TokenType
    {
        internal const string Lease = "licet-lease+jwt";
        internal const string File = "licet-file+jwt";
        internal const string Answer = "licet-answer+jwt";
        internal const string Revocations = "licet-revocations+jwt";
    }

    /// <summary>The floating seat that a token relies on or grants, and when it ends.</summary>
    internal sealed class SeatClaim
    {
        internal SeatClaim(string id, long end)
        {
            Id = id;
            End = end;
        }

        internal string Id { get; }
        internal long End { get; }
    }

    /// <summary>The claims of a token. Those that its type does not have are null. Times are seconds since 1970.</summary>
    internal sealed class Claims
    {
        /// <summary>The end of the year 9999: a larger number is not in seconds.</summary>
        internal const long SecondsMax = 253402300799;
        private const long CountMax = 9007199254740991;

        internal string Id { get; private set; }
        internal long IssuedAt { get; private set; }
        internal long ExpiresAt { get; private set; }
        internal string Product { get; private set; }
        internal string LicenseId { get; private set; }
        internal bool IsValid { get; private set; }
        internal string Plan { get; private set; }
        internal JsonObject Features { get; private set; }
        internal IReadOnlyList<string> Warnings { get; private set; }
        internal long? End { get; private set; }
        internal string FingerprintHash { get; private set; }
        internal IReadOnlyList<string> Domains { get; private set; }
        internal IReadOnlyList<string> Activations { get; private set; }
        internal SeatClaim Seat { get; private set; }
        internal long RefreshAfter { get; private set; }
        internal long ValidUntil { get; private set; }
        internal string Nonce { get; private set; }
        internal string RequestHash { get; private set; }
        internal object Route { get; private set; }
        internal string ReturnSecret { get; private set; }
        internal string Error { get; private set; }
        internal string Message { get; private set; }
        internal JsonObject Details { get; private set; }
        internal long From { get; private set; }
        internal long To { get; private set; }
        internal bool HasMore { get; private set; }
        internal IReadOnlyDictionary<string, long> Revoked { get; private set; }
        internal IReadOnlyDictionary<string, long> RevokedKeys { get; private set; }

        private Claims() { }

        /// <summary>For the rules of the clock, which read nothing else.</summary>
        internal static Claims IssuedOnlyAt(long seconds) => new Claims { IssuedAt = seconds };

        /// <summary>
        /// Returns the claims of a type; null unless each is there, has its type and a possible value. Further claims
        /// are ignored.
        /// </summary>
        internal static Claims Read(string type, JsonObject values)
        {
            try
            {
                var claims = new Claims();
                claims.ReadCommon(values);
                switch (type)
                {
                    case TokenType.Lease: claims.ReadLease(values); break;
                    case TokenType.File: claims.ReadFile(values); break;
                    case TokenType.Answer: claims.ReadAnswer(values); break;
                    default: claims.ReadRevocations(values); break;
                }
                return claims;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        private void ReadCommon(JsonObject values)
        {
            Text(values, "iss");
            Id = Text(values, "jti");
            IssuedAt = Seconds(values, "iat");
            ExpiresAt = Seconds(values, "exp");
            Require(Seconds(values, "nbf") <= IssuedAt && IssuedAt <= ExpiresAt);
        }

        private void ReadProof(JsonObject values)
        {
            Nonce = TextOrNull(values, "non");
            RequestHash = TextOrNull(values, "req");
            Route = values["rte"];
            Count(values, "rev");
        }

        private void ReadTerms(JsonObject values)
        {
            IsValid = true;
            Product = Text(values, "aud");
            LicenseId = Text(values, "sub");
            Plan = Text(values, "plan");
            Features = values.GetObject("features");
            Require(Features != null && Features.Values.All(value => value is bool || value is long || value is double || value is string));
            Warnings = Texts(values["warnings"]);
            Require(values.ContainsKey("end"));
            End = values["end"] == null ? (long?)null : Seconds(values, "end");
        }

        private void ReadLease(JsonObject values)
        {
            Require(Equals(values["valid"], true));
            ReadProof(values);
            ReadTerms(values);
            FingerprintHash = TextOrNull(values, "fp");
            Require(values.ContainsKey("dom") && values.ContainsKey("sea"));
            Domains = values["dom"] == null ? null : Texts(values["dom"]);
            Activations = Texts(values["act"]);
            Seat = ReadSeat(values["sea"]);
            RefreshAfter = Seconds(values, "rfa");
            ValidUntil = Seconds(values, "vld");
            Require(RefreshAfter <= ValidUntil && ValidUntil <= ExpiresAt);
        }

        private void ReadFile(JsonObject values)
        {
            ReadLease(values);
            ReturnSecret = TextOrNull(values, "ret");
        }

        private void ReadAnswer(JsonObject values)
        {
            ReadProof(values);
            if (Equals(values["valid"], true))
            {
                ReadTerms(values);
                Seat = ReadSeat(values["sea"]);
                return;
            }
            Require(Equals(values["valid"], false));
            Product = TextOrNull(values, "aud");
            LicenseId = TextOrNull(values, "sub");
            Error = Text(values, "error");
            Message = Text(values, "message");
            Require(!values.ContainsKey("details") || values["details"] is JsonObject);
            Details = values.GetObject("details") ?? JsonObject.Empty;
        }

        private void ReadRevocations(JsonObject values)
        {
            From = Count(values, "from");
            To = Count(values, "to");
            Require(From <= To && values["more"] is bool);
            HasMore = (bool)values["more"];
            Revoked = Entries(values["revoked"]);
            RevokedKeys = Entries(values["keys"]);
        }

        private static SeatClaim ReadSeat(object value)
        {
            if (value == null) return null;
            Require(value is JsonObject);
            var seat = (JsonObject)value;
            return new SeatClaim(Text(seat, "id"), Seconds(seat, "exp"));
        }

        private static string Text(JsonObject values, string name) => values.GetString(name) ?? throw new FormatException(name);

        private static string TextOrNull(JsonObject values, string name)
        {
            Require(values.ContainsKey(name));
            return values[name] == null ? null : Text(values, name);
        }

        private static IReadOnlyList<string> Texts(object value)
        {
            Require(value is IReadOnlyList<object> list && list.All(item => item is string));
            return ((IReadOnlyList<object>)value).Cast<string>().ToList();
        }

        private static IReadOnlyDictionary<string, long> Entries(object value)
        {
            Require(value is IReadOnlyList<object>);
            var entries = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var entry in (IReadOnlyList<object>)value)
            {
                Require(entry is IReadOnlyList<object> pair && pair.Count == 2 && pair[0] is string && IsSeconds(pair[1]));
                entries[(string)((IReadOnlyList<object>)entry)[0]] = ToWhole(((IReadOnlyList<object>)entry)[1]).Value;
            }
            return entries;
        }

        private static long Count(JsonObject values, string name) => Whole(values[name], CountMax);

        private static long Seconds(JsonObject values, string name) => Whole(values[name], SecondsMax);

        private static long Whole(object value, long max)
        {
            var number = ToWhole(value);
            Require(number >= 0 && number <= max);
            return number.Value;
        }

        internal static bool IsSeconds(object value)
        {
            var number = ToWhole(value);
            return number >= 0 && number <= SecondsMax;
        }

        /// <summary>Returns a number without a fraction, also if it is written as 1.0 or 1e3; null for anything else.</summary>
        internal static long? ToWhole(object value)
        {
            if (value is long integer) return integer;
            var isWhole = value is double real && real == Math.Floor(real) && Math.Abs(real) <= CountMax;
            return isWhole ? (long)(double)value : (long?)null;
        }

        private static void Require(bool? isMet)
        {
            if (isMet != true) throw new FormatException("A claim is missing, or has a value that is not possible.");
        }
    }
}
