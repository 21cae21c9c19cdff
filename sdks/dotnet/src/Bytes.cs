using System;
using System.Security.Cryptography;
using System.Text;

namespace Licet
{
    /// <summary>Encodings and hashes.</summary>
    internal static class Bytes
    {
        private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, false);
        private static readonly UTF8Encoding StrictUtf8 = new UTF8Encoding(false, true);

        internal static byte[] FromText(string text) => Utf8.GetBytes(text);

        internal static string ToText(byte[] bytes) => Utf8.GetString(bytes);

        /// <summary>Returns the text, with a byte order mark if there is one; null if the bytes are not UTF-8.</summary>
        internal static string ToStrictText(byte[] bytes)
        {
            try
            {
                return StrictUtf8.GetString(bytes);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        internal static string ToHex(byte[] bytes) => BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();

        internal static string ToBase64Url(byte[] bytes) =>
            Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        /// <summary>Returns the bytes, or null unless it is base64url without padding whose last bits are zero.</summary>
        internal static byte[] FromBase64Url(string text)
        {
            var rest = text.Length % 4;
            if (rest == 1) return null;
            foreach (var character in text)
                if (Alphabet.IndexOf(character) < 0) return null;
            var unusedBits = rest == 2 ? 15 : rest == 3 ? 3 : 0;
            if (text.Length > 0 && (Alphabet.IndexOf(text[text.Length - 1]) & unusedBits) != 0) return null;
            var padding = new string('=', (4 - rest) % 4);
            return Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + padding);
        }

        internal static byte[] Sha256(byte[] bytes)
        {
            using (var hash = SHA256.Create()) return hash.ComputeHash(bytes);
        }

        internal static byte[] HmacSha256(byte[] key, byte[] message)
        {
            using (var hmac = new HMACSHA256(key)) return hmac.ComputeHash(message);
        }

        /// <summary>Returns the base64url SHA-256 of a text in UTF-8, as in the claims <c>fp</c> and <c>req</c>.</summary>
        internal static string HashText(string text) => ToBase64Url(Sha256(FromText(text)));

        internal static byte[] Random(int count)
        {
            var bytes = new byte[count];
            using (var random = RandomNumberGenerator.Create()) random.GetBytes(bytes);
            return bytes;
        }

        internal static byte[] Concat(byte[] first, byte[] second)
        {
            var both = new byte[first.Length + second.Length];
            first.CopyTo(both, 0);
            second.CopyTo(both, first.Length);
            return both;
        }

        /// <summary>Compares in a time that depends on the lengths alone.</summary>
        internal static bool AreEqual(byte[] first, byte[] second)
        {
            if (first.Length != second.Length) return false;
            var difference = 0;
            for (var index = 0; index < first.Length; index++) difference |= first[index] ^ second[index];
            return difference == 0;
        }
    }
}
