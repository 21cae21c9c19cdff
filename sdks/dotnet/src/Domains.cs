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
        private static readonly Regex Ipv4 = new Regex(@"\A[0-9]{1,3}(?:\.[0-9]{1,3}){3}\z", RegexOptions.CultureInvariant);
        private static readonly Regex NumberAtEnd = new Regex(@"(?:\A|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\z", RegexOptions.CultureInvariant);
        private static readonly Regex Www = new Regex(@"\A(?:www\.)+", RegexOptions.CultureInvariant);
        private static readonly IdnMapping Idn = new IdnMapping { AllowUnassigned = true };

        /// <summary>
        /// Whether a license for <paramref name="entries"/> covers a domain. <c>example.com</c> covers itself and its
        /// <c>www.</c>, and <c>*.example.com</c> every host below it. Whole labels are compared: <c>a.io</c> covers
        /// neither <c>data.io</c> nor <c>a.io.evil.com</c>.
        /// </summary>
        internal static bool Cover(IEnumerable<string> entries, string domain)
        {
            var host = NormalizeHost(domain);
            if (host == null) return false;
            var withoutWww = Www.Replace(host, "");
            return entries.Any(entry => entry.StartsWith("*.", StringComparison.Ordinal)
                ? host.EndsWith(entry.Substring(1), StringComparison.Ordinal)
                : host == entry || withoutWww == entry);
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

        private static string ReadIpv4(string text)
        {
            if (!Ipv4.IsMatch(text)) return null;
            var parts = text.Split('.');
            var isAddress = parts.All(part => (part == "0" || part[0] != '0') && int.Parse(part, CultureInfo.InvariantCulture) < 256);
            return isAddress ? text : null;
        }

        private static string ToAscii(string text)
        {
            if (text.All(character => character < 128)) return text.ToLowerInvariant();
            try
            {
                var mapped = Unicode.ToCompatible(text).ToLowerInvariant().Replace('\u3002', '.');
                var labels = mapped.Split('.').Select(label => label.All(character => character < 128) ? label : Idn.GetAscii(label));
                return string.Join(".", labels).ToLowerInvariant();
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }
}
