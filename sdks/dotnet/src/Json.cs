using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Licet
{
    /// <summary>
    /// Reads and writes JSON (RFC 8259) exactly: a whole number stays one, and a member that occurs twice can be
    /// rejected, which the common libraries do not do.
    /// </summary>
    internal sealed class Json
    {
        private const int DepthMax = 512;
        private readonly string text;
        private readonly bool isStrict;
        private int position;

        private Json(string text, bool isStrict)
        {
            this.text = text;
            this.isStrict = isStrict;
        }

        /// <summary>Returns the object in a text, or null for anything else. Of two members of the same name, the last counts.</summary>
        internal static JsonObject ParseObject(string text) => TryParse(text, false, out var value) ? value as JsonObject : null;

        /// <summary>Like <see cref="ParseObject"/>, and null too if any object in it has a member twice.</summary>
        internal static JsonObject ParseUniqueObject(string text) => TryParse(text, true, out var value) ? value as JsonObject : null;

        internal static bool TryParse(string text, bool isStrict, out object value)
        {
            try
            {
                var reader = new Json(text, isStrict);
                value = reader.ReadValue(0);
                reader.SkipWhiteSpace();
                return reader.position == text.Length;
            }
            catch (FormatException)
            {
                value = null;
                return false;
            }
        }

        private object ReadValue(int depth)
        {
            if (depth > DepthMax) throw Malformed();
            SkipWhiteSpace();
            switch (Peek())
            {
                case '{': return ReadObject(depth);
                case '[': return ReadList(depth);
                case '"': return ReadString();
                case 't': return ReadWord("true", true);
                case 'f': return ReadWord("false", false);
                case 'n': return ReadWord("null", null);
                default: return ReadNumber();
            }
        }

        private JsonObject ReadObject(int depth)
        {
            var members = new JsonObject();
            position++;
            SkipWhiteSpace();
            if (Accept('}')) return members;
            do
            {
                SkipWhiteSpace();
                if (Peek() != '"') throw Malformed();
                var name = ReadString();
                SkipWhiteSpace();
                if (!Accept(':')) throw Malformed();
                if (!members.Set(name, ReadValue(depth + 1)) && isStrict) throw Malformed();
                SkipWhiteSpace();
            }
            while (Accept(','));
            return Accept('}') ? members : throw Malformed();
        }

        private IReadOnlyList<object> ReadList(int depth)
        {
            var items = new List<object>();
            position++;
            SkipWhiteSpace();
            if (Accept(']')) return items;
            do
            {
                items.Add(ReadValue(depth + 1));
                SkipWhiteSpace();
            }
            while (Accept(','));
            return Accept(']') ? items : throw Malformed();
        }

        private string ReadString()
        {
            var result = new StringBuilder();
            for (position++; ; position++)
            {
                var character = Peek();
                if (character < ' ') throw Malformed();
                if (character == '"') break;
                result.Append(character == '\\' ? ReadEscape() : character);
            }
            position++;
            return result.ToString();
        }

        private char ReadEscape()
        {
            position++;
            switch (Peek())
            {
                case '"': return '"';
                case '\\': return '\\';
                case '/': return '/';
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u': return ReadCodeUnit();
                default: throw Malformed();
            }
        }

        private char ReadCodeUnit()
        {
            var unit = 0;
            for (var digit = 0; digit < 4; digit++)
            {
                position++;
                unit = unit * 16 + HexValue(Peek());
            }
            return (char)unit;
        }

        private static int HexValue(char digit)
        {
            if (digit >= '0' && digit <= '9') return digit - '0';
            if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
            if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
            throw Malformed();
        }

        private object ReadNumber()
        {
            var start = position;
            var isWhole = true;
            Accept('-');
            if (!Accept('0')) SkipDigits();
            if (Accept('.'))
            {
                isWhole = false;
                SkipDigits();
            }
            if (Accept('e') || Accept('E'))
            {
                isWhole = false;
                if (!Accept('+')) Accept('-');
                SkipDigits();
            }
            var number = text.Substring(start, position - start);
            if (isWhole && long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
                return integer;
            var isRead = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real);
            return isRead && !double.IsInfinity(real) ? real : throw Malformed();
        }

        private void SkipDigits()
        {
            var start = position;
            while (position < text.Length && text[position] >= '0' && text[position] <= '9') position++;
            if (position == start) throw Malformed();
        }

        private object ReadWord(string word, object value)
        {
            if (string.CompareOrdinal(text, position, word, 0, word.Length) != 0) throw Malformed();
            position += word.Length;
            return value;
        }

        private void SkipWhiteSpace()
        {
            while (position < text.Length && " \t\r\n".IndexOf(text[position]) >= 0) position++;
        }

        /// <summary>Returns the next character. There is always one to come, since a value has an end.</summary>
        private char Peek() => position < text.Length ? text[position] : throw Malformed();

        private bool Accept(char expected)
        {
            if (position >= text.Length || text[position] != expected) return false;
            position++;
            return true;
        }

        private static FormatException Malformed() => new FormatException("The text is not JSON.");

        /// <summary>
        /// Returns a value as JSON without white space: those of a <see cref="JsonObject"/>, further numbers and
        /// dictionaries, <c>DateTimeOffset</c>, lists, and the public properties of any other object.
        /// </summary>
        internal static string Write(object value)
        {
            var result = new StringBuilder();
            Append(result, value, 0);
            return result.ToString();
        }

        private static void Append(StringBuilder result, object value, int depth)
        {
            if (depth > DepthMax) throw new ArgumentException("The object contains itself, or is nested too deeply.");
            if (value == null) result.Append("null");
            else if (value is string characters) AppendString(result, characters);
            else if (value is bool flag) result.Append(flag ? "true" : "false");
            else if (value is double || value is float) AppendReal(result, Convert.ToDouble(value, CultureInfo.InvariantCulture));
            else if (value is DateTimeOffset time) AppendTime(result, time.UtcDateTime);
            else if (value is DateTime moment) AppendTime(result, moment.ToUniversalTime());
            else if (value is Enum || value is char || value is Guid || value is Uri) AppendString(result, value.ToString());
            else if (value is IConvertible number && IsNumber(number)) result.Append(number.ToString(CultureInfo.InvariantCulture));
            else if (value is IEnumerable<KeyValuePair<string, object>> members) AppendMembers(result, members, depth);
            else if (value is IDictionary dictionary) AppendMembers(result, ReadDictionary(dictionary), depth);
            else if (value is IEnumerable items) AppendItems(result, items, depth);
            else AppendMembers(result, ReadProperties(value), depth);
        }

        private static void AppendTime(StringBuilder result, DateTime utc) =>
            AppendString(result, utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

        private static bool IsNumber(IConvertible value)
        {
            var code = value.GetTypeCode();
            return code >= TypeCode.SByte && code <= TypeCode.Decimal;
        }

        private static void AppendReal(StringBuilder result, double number)
        {
            if (double.IsNaN(number) || double.IsInfinity(number)) throw new ArgumentException("JSON has no such number.");
            result.Append(number.ToString("R", CultureInfo.InvariantCulture));
        }

        private static void AppendMembers(StringBuilder result, IEnumerable<KeyValuePair<string, object>> members, int depth)
        {
            var separator = '{';
            foreach (var member in members)
            {
                result.Append(separator);
                AppendString(result, member.Key);
                result.Append(':');
                Append(result, member.Value, depth + 1);
                separator = ',';
            }
            result.Append(separator == '{' ? "{}" : "}");
        }

        private static void AppendItems(StringBuilder result, IEnumerable items, int depth)
        {
            var separator = '[';
            foreach (var item in items)
            {
                result.Append(separator);
                Append(result, item, depth + 1);
                separator = ',';
            }
            result.Append(separator == '[' ? "[]" : "]");
        }

        private static IEnumerable<KeyValuePair<string, object>> ReadDictionary(IDictionary members)
        {
            foreach (DictionaryEntry member in members)
                yield return new KeyValuePair<string, object>(Convert.ToString(member.Key, CultureInfo.InvariantCulture), member.Value);
        }

        /// <summary>Returns the properties of an object such as <c>new { plan = "pro" }</c>.</summary>
        internal static IEnumerable<KeyValuePair<string, object>> ReadProperties(object value)
        {
            foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
                if (property.GetIndexParameters().Length == 0)
                    yield return new KeyValuePair<string, object>(property.Name, property.GetValue(value));
        }

        private static void AppendString(StringBuilder result, string characters)
        {
            result.Append('"');
            for (var index = 0; index < characters.Length; index++)
            {
                var character = characters[index];
                switch (character)
                {
                    case '"': result.Append("\\\""); break;
                    case '\\': result.Append("\\\\"); break;
                    case '\b': result.Append("\\b"); break;
                    case '\f': result.Append("\\f"); break;
                    case '\n': result.Append("\\n"); break;
                    case '\r': result.Append("\\r"); break;
                    case '\t': result.Append("\\t"); break;
                    default:
                        if (character < ' ' || IsLoneSurrogate(characters, index))
                            result.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                        else result.Append(character);
                        break;
                }
            }
            result.Append('"');
        }

        private static bool IsLoneSurrogate(string characters, int index)
        {
            var character = characters[index];
            if (char.IsHighSurrogate(character)) return index + 1 == characters.Length || !char.IsLowSurrogate(characters[index + 1]);
            return char.IsLowSurrogate(character) && (index == 0 || !char.IsHighSurrogate(characters[index - 1]));
        }
    }
}
