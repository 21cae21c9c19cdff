using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Licet
{
    /// <summary>What can be said about a license key without asking the server.</summary>
    public enum KeyCheck
    {
        /// <summary>A Licet key whose check symbols are right.</summary>
        Valid,
        /// <summary>A Licet key with a mistake in it, unless it was imported.</summary>
        Malformed,
        /// <summary>It may be a key that was imported from another system.</summary>
        Foreign,
        /// <summary>It is no key.</summary>
        Unusable,
    }

    /// <summary>Reads license keys as people paste them, without asking the server.</summary>
    public static class Keys
    {
        // Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
        internal const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        private const int Symbols = 16;
        private const int BodySymbols = 14;
        private const int KeyCharactersMax = 28;

        private static readonly Regex LicetShape = Create(@"\A[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}\z");
        /// <summary>A text that can be read in only one way.</summary>
        private static readonly Regex Unadorned = Create(@"\A[A-Za-z0-9_-]*\z");
        /// <summary>A key with its dashes among other words. Without them, ordinary words could pass for a key.</summary>
        private static readonly Regex Grouped =
            Create(@"(?<![A-Za-z0-9]-?)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])");

        private static Regex Create(string pattern) => new Regex(pattern, RegexOptions.CultureInvariant);

        /// <summary>Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of two.</summary>
        public static KeyCheck Check(string text) => Read(text).Check;

        /// <summary>
        /// Returns <c>PREFIX-XXXX-XXXX-XXXX-XXXX</c> for a valid key, with any case, dashes, invisible characters and
        /// words around it. Returns any other key without the white space around it, and null if the text is
        /// unusable. Mistakes are never corrected.
        /// </summary>
        public static string Normalize(string text) => Read(text).Key;

        private readonly struct Reading
        {
            internal readonly KeyCheck Check;
            internal readonly string Key;

            internal Reading(KeyCheck check, string key)
            {
                Check = check;
                Key = key;
            }
        }

        private static Reading Read(string text)
        {
            var trimmed = Unicode.Trim(text ?? "");
            var plain = ReadLicetKey(trimmed);
            if (plain?.Check == KeyCheck.Valid) return plain.Value;
            var adorned = FindAdornedKey(trimmed);
            if (adorned != null) return adorned.Value;
            if (plain != null) return new Reading(KeyCheck.Malformed, trimmed);
            return IsImportable(trimmed) ? new Reading(KeyCheck.Foreign, trimmed) : new Reading(KeyCheck.Unusable, null);
        }

        private static bool IsImportable(string text)
        {
            var points = Unicode.CodePoints(text).ToList();
            return points.Count >= 16 && points.Count <= 255 && points.All(point =>
                Unicode.Category(point) != UnicodeCategory.Control && Unicode.Category(point) != UnicodeCategory.Surrogate);
        }

        private static Reading? ReadLicetKey(string text)
        {
            var dense = string.Concat(text.Where(character => !Unicode.IsWhiteSpace(character)));
            if (!LicetShape.IsMatch(dense)) return null;
            var compact = dense.Replace("-", "").ToUpperInvariant();
            var prefix = compact.Substring(0, compact.Length - Symbols);
            var symbols = compact.Substring(prefix.Length).Replace('O', '0').Replace('I', '1').Replace('L', '1');
            var isValid = symbols.EndsWith(ComputeCheckSymbols(prefix, symbols.Substring(0, BodySymbols)), StringComparison.Ordinal);
            var groups = Enumerable.Range(0, Symbols / 4).Select(index => symbols.Substring(index * 4, 4));
            return new Reading(isValid ? KeyCheck.Valid : KeyCheck.Malformed, $"{prefix}-{string.Join("-", groups)}");
        }

        /// <summary>
        /// Finds a valid Licet key at the end of a text, such as <c>Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.</c>,
        /// or one with its dashes anywhere. Returns null if there is none.
        /// </summary>
        private static Reading? FindAdornedKey(string text)
        {
            if (Unadorned.IsMatch(text)) return null;
            var flat = Flatten(text);
            var end = "";
            foreach (var word in FindCore(flat).Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                end = word + end;
                if (end.Length > KeyCharactersMax) break;
                var reading = ReadLicetKey(end);
                if (reading?.Check == KeyCheck.Valid) return reading;
            }
            return Grouped.Matches(flat).Cast<Match>().Select(match => ReadLicetKey(match.Value))
                .FirstOrDefault(reading => reading?.Check == KeyCheck.Valid);
        }

        /// <summary>Returns a text in compatible characters, with blanks as its only white space and one kind of dash.</summary>
        private static string Flatten(string text)
        {
            var result = new StringBuilder();
            foreach (var point in Unicode.CodePoints(Unicode.ToCompatible(text)))
            {
                if (point <= char.MaxValue && Unicode.IsWhiteSpace((char)point)) result.Append(' ');
                else if (Unicode.IsInvisible(point)) continue;
                else if (Unicode.IsDash(point)) result.Append('-');
                else result.Append(char.ConvertFromUtf32(point));
            }
            return result.ToString();
        }

        /// <summary>Returns what is behind the last sign, up to the last letter, digit or dash.</summary>
        private static string FindCore(string flat)
        {
            var points = Unicode.CodePoints(flat).ToList();
            var last = points.FindLastIndex(Unicode.IsLetterOrDash);
            var sign = last < 0 ? -1 : points.FindLastIndex(last, point => point != ' ' && !Unicode.IsLetterOrDash(point));
            return string.Concat(points.Skip(sign + 1).Take(last - sign).Select(char.ConvertFromUtf32));
        }

        /// <summary>
        /// Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code [16, 14] over
        /// GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
        /// </summary>
        private static string ComputeCheckSymbols(string prefix, string body)
        {
            var weightedSum = 0;
            var sum = 0;
            foreach (var symbol in body)
            {
                var value = Alphabet.IndexOf(symbol);
                weightedSum = Double(weightedSum ^ value);
                sum ^= value;
            }
            var hash = Bytes.Sha256(Bytes.FromText(prefix));
            var check = ((weightedSum << 5) | sum) ^ ((hash[0] << 2) | (hash[1] >> 6));
            return $"{Alphabet[check >> 5]}{Alphabet[check & 31]}";
        }

        /// <summary>Multiplies by 2 in GF(32) with x⁵+x²+1.</summary>
        private static int Double(int value) => value < 16 ? value << 1 : (value << 1) ^ 0b100101;
    }
}
