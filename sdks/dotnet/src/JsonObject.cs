using System;
using System.Collections;
using System.Collections.Generic;

namespace Licet
{
    /// <summary>
    /// An object of JSON, in the order of its text. A value is null, a <c>bool</c>, a <c>long</c>, a <c>double</c>
    /// (only if the number has a fraction or does not fit), a <c>string</c>, a <see cref="JsonObject"/>, or an
    /// <c>IReadOnlyList&lt;object&gt;</c> of these.
    /// </summary>
    public sealed class JsonObject : IReadOnlyDictionary<string, object>
    {
        /// <summary>An object without members.</summary>
        public static readonly JsonObject Empty = new JsonObject();

        private readonly Dictionary<string, object> values = new Dictionary<string, object>(StringComparer.Ordinal);
        private readonly List<string> names = new List<string>();

        internal JsonObject() { }

        /// <summary>Returns the value of a member; null if it is missing, too.</summary>
        public object this[string name] => values.TryGetValue(name, out var value) ? value : null;

        /// <summary>The names of the members.</summary>
        public IEnumerable<string> Keys => names;

        /// <summary>The values of the members.</summary>
        public IEnumerable<object> Values
        {
            get { foreach (var name in names) yield return values[name]; }
        }

        /// <summary>The number of members.</summary>
        public int Count => names.Count;

        /// <summary>Whether there is a member of this name.</summary>
        public bool ContainsKey(string key) => values.ContainsKey(key);

        /// <summary>Returns whether there is a member of this name, and its value.</summary>
        public bool TryGetValue(string key, out object value) => values.TryGetValue(key, out value);

        /// <summary>Returns a text; null if the member is missing or has another type.</summary>
        public string GetString(string name) => this[name] as string;

        /// <summary>Returns a whole number; null if the member is missing or has another type.</summary>
        public long? GetInt64(string name) => this[name] as long?;

        /// <summary>Returns true or false; null if the member is missing or has another type.</summary>
        public bool? GetBoolean(string name) => this[name] as bool?;

        /// <summary>Returns an object; null if the member is missing or has another type.</summary>
        public JsonObject GetObject(string name) => this[name] as JsonObject;

        /// <summary>Returns a list; null if the member is missing or has another type.</summary>
        public IReadOnlyList<object> GetList(string name) => this[name] as IReadOnlyList<object>;

        /// <summary>Iterates over the members.</summary>
        public IEnumerator<KeyValuePair<string, object>> GetEnumerator()
        {
            foreach (var name in names) yield return new KeyValuePair<string, object>(name, values[name]);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>Returns the object as JSON.</summary>
        public override string ToString() => Json.Write(this);

        /// <summary>Sets a member. Returns whether it is new.</summary>
        internal bool Set(string name, object value)
        {
            var isNew = !values.ContainsKey(name);
            if (isNew) names.Add(name);
            values[name] = value;
            return isNew;
        }

        /// <summary>Adds a member unless its value is null.</summary>
        internal JsonObject With(string name, object value)
        {
            if (value != null) Set(name, value);
            return this;
        }
    }
}
