using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Licet
{
    /// <summary>Properties of characters, the same on all runtimes.</summary>
    internal static class Unicode
    {
        private const string WhiteSpace =
            "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
        private static readonly char[] WhiteSpaces = WhiteSpace.ToCharArray();

        /// <summary>First and last of what shows nothing, besides control and formatting characters.</summary>
        private static readonly int[,] Invisible =
        {
            { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
            { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f }, { 0x2800, 0x2800 },
            { 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
            { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
        };

        internal static bool IsWhiteSpace(char character) => WhiteSpace.IndexOf(character) >= 0;

        internal static string Trim(string text) => text.Trim(WhiteSpaces);

        /// <summary>Returns the code points of a text. Half of a surrogate pair is returned as it is.</summary>
        internal static IEnumerable<int> CodePoints(string text)
        {
            for (var index = 0; index < text.Length; index++)
            {
                if (index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]))
                    yield return char.ConvertToUtf32(text[index], text[++index]);
                else yield return text[index];
            }
        }

        internal static UnicodeCategory Category(int point) => point <= char.MaxValue
            ? CharUnicodeInfo.GetUnicodeCategory((char)point)
            : CharUnicodeInfo.GetUnicodeCategory(char.ConvertFromUtf32(point), 0);

        internal static bool IsInvisible(int point)
        {
            for (var index = 0; index < Invisible.GetLength(0); index++)
                if (point >= Invisible[index, 0] && point <= Invisible[index, 1]) return true;
            switch (Category(point))
            {
                case UnicodeCategory.Control:
                case UnicodeCategory.Format:
                case UnicodeCategory.Surrogate:
                case UnicodeCategory.LineSeparator:
                case UnicodeCategory.ParagraphSeparator:
                    return true;
                default:
                    return (point & 0xfffe) == 0xfffe;
            }
        }

        /// <summary>Whether a name of a domain means the same without it (UTS 46).</summary>
        internal static bool IsIgnoredInNames(int point) =>
            point == 0xad || point == 0x34f || point == 0x200b || point == 0x2060 || point == 0x2064 || point == 0xfeff ||
            (point >= 0x180b && point <= 0x180f) || (point >= 0xfe00 && point <= 0xfe0f);

        /// <summary>Also half of a surrogate pair is returned as it is.</summary>
        internal static string ToText(int point) =>
            point >= 0xd800 && point <= 0xdfff ? ((char)point).ToString() : char.ConvertFromUtf32(point);

        /// <summary>Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan.</summary>
        internal static bool IsDash(int point) =>
            Category(point) == UnicodeCategory.DashPunctuation ||
            point == 0x2d7 || point == 0x2043 || point == 0x2212 || point == 0x2500 || point == 0x30fc;

        /// <summary>Whether it is a letter or a number of any script, or a plain dash.</summary>
        internal static bool IsLetterOrDash(int point) =>
            point == '-' || Category(point) <= UnicodeCategory.OtherLetter ||
            (Category(point) >= UnicodeCategory.DecimalDigitNumber && Category(point) <= UnicodeCategory.OtherNumber);

        /// <summary>Returns the text in its compatible form (NFKC); as it is if it is not valid Unicode.</summary>
        internal static string ToCompatible(string text)
        {
            // With the invariant globalization of .NET, nothing else is converted.
            var narrow = string.Concat(text.Select(ToNarrow));
            try
            {
                return narrow.Normalize(NormalizationForm.FormKC);
            }
            catch (ArgumentException)
            {
                return narrow;
            }
        }

        /// <summary>Returns the usual form of the wide characters of East Asian keyboards.</summary>
        private static char ToNarrow(char character)
        {
            if (character >= '\uff01' && character <= '\uff5e') return (char)(character - '\uff01' + '!');
            return character == '\uff61' ? '\u3002' : character;
        }
    }
}
