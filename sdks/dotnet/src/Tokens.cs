using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Licet
{
    /// <summary>A pinned key, with its ID (RFC 7638).</summary>
    internal sealed class PublicKey
    {
        private PublicKey(string id, byte[] bytes)
        {
            Id = id;
            Bytes = bytes;
        }

        internal string Id { get; }
        internal byte[] Bytes { get; }

        /// <summary>Returns null if the text is not base64url of 32 bytes.</summary>
        internal static PublicKey Parse(string x)
        {
            var bytes = x == null ? null : Licet.Bytes.FromBase64Url(x);
            if (bytes?.Length != 32) return null;
            return new PublicKey(Licet.Bytes.HashText($"{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}").Substring(0, 16), bytes);
        }
    }

    /// <summary>A token whose signature and claims are good. Its times and bindings have not been checked.</summary>
    internal sealed class Token
    {
        private const int TokenBytesMax = 16 * 1024;
        private const int FeedBytesMax = 1024 * 1024;
        private static readonly Regex Armor = new Regex(
            @"\A-----BEGIN LICET ([A-Z]+)-----\r?\n([\s\S]*)\r?\n-----END LICET \1-----\z", RegexOptions.CultureInvariant);

        internal Token(string type, string keyId, Claims claims)
        {
            Type = type;
            KeyId = keyId;
            Claims = claims;
        }

        internal string Type { get; }
        internal string KeyId { get; }
        internal Claims Claims { get; }

        internal bool IsLease => Type == TokenType.Lease;

        /// <summary>
        /// Opens a compact JWS (RFC 7515), armored if it is a file or a feed, that one of the pinned public keys has
        /// signed with Ed25519. Throws a <see cref="TokenException"/> for anything else. These are steps 1–8 of the
        /// conformance suite, §Verification. The header never selects the algorithm.
        /// </summary>
        internal static Token Open(string text, string type, IEnumerable<string> publicKeys)
        {
            var isFeed = type == TokenType.Revocations;
            var bytesMax = isFeed ? FeedBytesMax : TokenBytesMax;
            if (text.Length > bytesMax || Bytes.FromText(text).Length > bytesMax) throw Malformed("its length is");
            var parts = RemoveArmor(text, type).Split('.');
            if (parts.Length != 3) throw Malformed("its format is");
            var head = Decode(parts[0]);
            var body = Decode(parts[1]);
            var signature = Decode(parts[2]);
            if (signature.Length != 64) throw Malformed("the length of its signature is");
            var keyId = ReadHeader(head, type);
            var publicKey = publicKeys.Select(PublicKey.Parse).FirstOrDefault(key => key?.Id == keyId);
            if (publicKey == null) throw new TokenException("KEY_UNKNOWN", $"The key {keyId} is not pinned.");
            if (!Ed25519.Verify(publicKey.Bytes, Bytes.FromText($"{parts[0]}.{parts[1]}"), signature))
                throw new TokenException("SIGNATURE_INVALID", "The signature is wrong.");
            var values = ParseObject(body);
            var claims = values == null ? null : Claims.Read(type, values);
            return new Token(type, keyId, claims ?? throw Malformed("its claims are"));
        }

        /// <summary>Opens a token of one type or another.</summary>
        internal static Token OpenEither(string text, string first, string second, IEnumerable<string> publicKeys)
        {
            try
            {
                return Open(text, first, publicKeys);
            }
            catch (TokenException error) when (error.Code == "TYPE_UNEXPECTED")
            {
                return Open(text, second, publicKeys);
            }
        }

        /// <summary>
        /// Returns the token in the armor of a file or a feed. Returns any other text as it is, which is then either a
        /// compact token or malformed.
        /// </summary>
        internal static string RemoveArmor(string text, string type)
        {
            var label = type == TokenType.File ? "LICENSE" : type == TokenType.Revocations ? "REVOCATIONS" : null;
            var start = text.StartsWith("\ufeff", StringComparison.Ordinal) ? 1 : 0;
            var match = Armor.Match(text.Substring(start).Trim(' ', '\t', '\r', '\n'));
            if (!match.Success || match.Groups[1].Value != label) return text;
            return string.Concat(match.Groups[2].Value.Where(character => " \t\r\n".IndexOf(character) < 0));
        }

        private static byte[] Decode(string part)
        {
            var bytes = part == "" ? null : Bytes.FromBase64Url(part);
            return bytes ?? throw Malformed("its format is");
        }

        private static JsonObject ParseObject(byte[] bytes)
        {
            var text = Bytes.ToStrictText(bytes);
            return text == null ? null : Json.ParseUniqueObject(text);
        }

        /// <summary>Returns the ID of the key that the header names.</summary>
        private static string ReadHeader(byte[] head, string type)
        {
            var header = ParseObject(head) ?? JsonObject.Empty;
            var keyId = header.GetString("kid");
            var found = header.GetString("typ");
            if (header.GetString("alg") != "EdDSA" || keyId == null || found == null || header.Count != 3) throw Malformed("its header is");
            if (found == type) return keyId;
            throw new TokenException("TYPE_UNEXPECTED", $"The type of the token is {found} instead of {type}.");
        }

        private static TokenException Malformed(string what) =>
            new TokenException("MALFORMED", $"This text is incomplete or damaged: {what} wrong.");
    }
}
