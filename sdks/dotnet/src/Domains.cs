using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Licet
{
    /// <summary>The domains that a license covers (conformance suite, §Domains).</summary>
    internal static class Domains
    {
        private static readonly Regex Scheme = new Regex(@"\A(?:[A-Za-z][A-Za-z0-9+.-]*:)?//", RegexOptions.CultureInvariant);
        private static readonly Regex Host = new Regex(@"\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\z", RegexOptions.CultureInvariant);
        private static readonly Regex Port = new Regex(@":[0-9]*\z", RegexOptions.CultureInvariant);
        private static readonly Regex Ipv6 = new Regex(@"\A[0-9A-Fa-f:.]+\z", RegexOptions.CultureInvariant);
        private static readonly Regex NumberAtEnd = new Regex(@"(?:\A|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\z", RegexOptions.CultureInvariant);
        private const string Www = "www.";

        /// <summary>
        /// Whether a license for <paramref name="entries"/> covers a domain. <c>example.com</c> covers itself and its
        /// <c>www.</c>, and <c>*.example.com</c> every host below it. Whole labels are compared: <c>a.io</c> covers
        /// neither <c>data.io</c> nor <c>a.io.evil.com</c>.
        /// </summary>
        internal static bool Cover(IEnumerable<string> entries, string domain)
        {
            var host = NormalizeHost(domain);
            if (host == null) return false;
            return entries.Any(entry => entry.StartsWith("*.", StringComparison.Ordinal)
                ? host.EndsWith(entry.Substring(1), StringComparison.Ordinal)
                : host == entry || IsWwwOf(host, entry));
        }

        /// <summary>Whether a host is an entry with any number of <c>www.</c> before it.</summary>
        private static bool IsWwwOf(string host, string entry)
        {
            for (var rest = host; rest.StartsWith(Www, StringComparison.Ordinal); rest = rest.Substring(Www.Length))
                if (rest.Substring(Www.Length) == entry) return true;
            return false;
        }

        /// <summary>
        /// Returns the host of a domain or address: in lower case and punycode, without scheme, port, path, trailing
        /// dot and brackets; an IPv4 address that is mapped to IPv6 as itself. Returns null for anything else.
        /// </summary>
        internal static string NormalizeHost(string text)
        {
            var authority = Scheme.Replace(Unicode.Trim(text), "").Split('/', '?', '#')[0];
            if (authority.Any(character => Unicode.IsWhiteSpace(character) || character < ' ' || "@%\\".IndexOf(character) >= 0))
                return null;
            if (authority.StartsWith("[", StringComparison.Ordinal)) return ReadBracketed(authority);
            if (authority.Count(character => character == ':') > 1) return ReadIpv6(authority);
            return ReadName(Port.Replace(authority, ""));
        }

        private static string ReadBracketed(string authority)
        {
            var end = authority.IndexOf(']');
            if (end < 0 || Port.Replace(authority.Substring(end + 1), "").Length > 0) return null;
            return ReadIpv6(authority.Substring(1, end - 1));
        }

        /// <summary>Returns an IPv6 address in its short form (RFC 5952).</summary>
        private static string ReadIpv6(string text)
        {
            if (!Ipv6.IsMatch(text) || !IPAddress.TryParse(text, out var address)) return null;
            if (address.AddressFamily != AddressFamily.InterNetworkV6) return null;
            var bytes = address.GetAddressBytes();
            var isMapped = bytes.Take(10).All(each => each == 0) && bytes[10] == 0xff && bytes[11] == 0xff;
            return isMapped ? string.Join(".", bytes.Skip(12)) : Shorten(bytes);
        }

        private static string Shorten(byte[] bytes)
        {
            var groups = Enumerable.Range(0, 8).Select(index => (bytes[index * 2] << 8) | bytes[index * 2 + 1]).ToArray();
            var (start, length) = FindZeros(groups);
            var texts = groups.Select(group => group.ToString("x", CultureInfo.InvariantCulture)).ToArray();
            if (length < 2) return string.Join(":", texts);
            return $"{string.Join(":", texts.Take(start))}::{string.Join(":", texts.Skip(start + length))}";
        }

        /// <summary>Returns the first of the longest rows of zeros.</summary>
        private static (int Start, int Length) FindZeros(int[] groups)
        {
            var longest = (Start: 0, Length: 0);
            for (var start = 0; start < groups.Length; start++)
            {
                var length = groups.Skip(start).TakeWhile(group => group == 0).Count();
                if (length > longest.Length) longest = (start, length);
            }
            return longest;
        }

        private static string ReadName(string text)
        {
            var name = ToAscii(text);
            if (name == null) return null;
            if (name.EndsWith(".", StringComparison.Ordinal)) name = name.Substring(0, name.Length - 1);
            if (!Host.IsMatch(name)) return null;
            // Browsers read a host that ends with a number as an IPv4 address.
            if (NumberAtEnd.IsMatch(name)) return ReadIpv4(name);
            return name;
        }

        /// <summary>The last part fills the rest of the address: <c>127.1</c> is <c>127.0.0.1</c>.</summary>
        private static string ReadIpv4(string text)
        {
            var parts = text.Split('.').Select(ReadNumber).ToList();
            if (parts.Count > 4 || parts.Any(part => part == null)) return null;
            var address = 0L;
            for (var index = 0; index < parts.Count; index++)
            {
                var isLast = index == parts.Count - 1;
                if (parts[index] >= (isLast ? 1L << (8 * (4 - index)) : 256)) return null;
                address |= isLast ? parts[index].Value : parts[index].Value << (8 * (3 - index));
            }
            return string.Join(".", address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
        }

        /// <summary>Reads a decimal, octal (with a leading 0) or hexadecimal number; null for anything else.</summary>
        private static long? ReadNumber(string text)
        {
            var isHex = text.StartsWith("0x", StringComparison.Ordinal);
            var (digits, radix) = isHex ? (text.Substring(2), 16) : text.Length > 1 && text[0] == '0' ? (text.Substring(1), 8) : (text, 10);
            if (text == "") return null;
            var value = 0L;
            foreach (var digit in digits)
            {
                var number = "0123456789abcdef".IndexOf(digit);
                if (number < 0 || number >= radix || value > uint.MaxValue) return null;
                value = value * radix + number;
            }
            return value;
        }

        /// <summary>Returns a name in lower case and punycode, the same on all runtimes.</summary>
        private static string ToAscii(string text)
        {
            if (text.All(character => character < 128)) return text.ToLowerInvariant();
            var visible = string.Concat(Unicode.CodePoints(text).Where(point => !Unicode.IsIgnoredInNames(point)).Select(Unicode.ToText));
            var mapped = Unicode.ToCompatible(Unicode.ToCompatible(visible).ToLowerInvariant()).Replace('\u3002', '.');
            return string.Join(".", mapped.Split('.').Select(Punycode.Encode));
        }
    }
}
