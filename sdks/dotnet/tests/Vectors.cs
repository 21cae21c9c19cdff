using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>The test cases of the conformance suite.</summary>
    internal static class Vectors
    {
        private const string Major = "1.";

        /// <summary>The folder of the suite, also for tests that were built in another place.</summary>
        internal static string Suite => Environment.GetEnvironmentVariable("LICET_CONFORMANCE") ?? Find(AppDomain.CurrentDomain.BaseDirectory);

        private static string Find(string folder)
        {
            if (folder == null) throw new DirectoryNotFoundException("The conformance suite is missing.");
            var suite = Path.Combine(folder, "sdks", "conformance");
            return Directory.Exists(suite) ? suite : Find(Path.GetDirectoryName(folder));
        }

        /// <summary>Reads a file of test cases. Throws if it is for another major version of the suite.</summary>
        internal static JsonObject Read(string name)
        {
            var vectors = Json.ParseObject(File.ReadAllText(Path.Combine(Suite, "vectors", name)));
            var version = vectors["version"] == null ? "" : Convert.ToString(vectors["version"]);
            if (name != "keys.json" && !(version + ".").StartsWith(Major, StringComparison.Ordinal))
                throw new NotSupportedException($"{name} is of version {version} of the suite.");
            return vectors;
        }

        internal static IEnumerable<JsonObject> Cases(string name, string list = "cases") =>
            Read(name).GetList(list).Cast<JsonObject>();

        internal static TestCaseData Named(string name, params object[] arguments) => new TestCaseData(arguments).SetName(name);

        internal static TestCaseData NamedByCase(string file, JsonObject each) =>
            Named($"{file}, {each.GetString("id")}: {each.GetString("description")}", each);

        internal static IReadOnlyList<string> Texts(JsonObject values, string name) =>
            (values?.GetList(name) ?? new object[0]).Cast<string>().ToList();

        /// <summary>
        /// Compares what <paramref name="expected"/> contains. A member that is null there must be null or absent. An
        /// object must have no members besides those, unless it is a state or a verdict.
        /// </summary>
        internal static void AssertMatches(JsonObject actual, JsonObject expected)
        {
            foreach (var member in expected)
            {
                var own = actual[member.Key];
                var isOpen = member.Key == "state" || member.Key == "verdict";
                if (isOpen && member.Value is JsonObject parts) AssertMatches((JsonObject)own ?? JsonObject.Empty, parts);
                else Assert.That(Canonical(own), Is.EqualTo(Canonical(member.Value)), member.Key);
            }
        }

        /// <summary>Returns a value as text, with its members in order and without those that are null.</summary>
        private static string Canonical(object value)
        {
            if (value is double real && Claims.ToWhole(real) is long whole) return Canonical(whole);
            if (value is IReadOnlyList<object> items) return $"[{string.Join(",", items.Select(Canonical))}]";
            if (!(value is JsonObject members)) return Json.Write(value);
            var pairs = members.Where(member => member.Value != null).OrderBy(member => member.Key, StringComparer.Ordinal)
                .Select(member => $"{Json.Write(member.Key)}:{Canonical(member.Value)}");
            return $"{{{string.Join(",", pairs)}}}";
        }

        /// <summary>Returns a state as the suite writes it.</summary>
        internal static JsonObject ToJson(LicenseState state) => new JsonObject()
            .With("allowed", state.Allowed)
            .With("status", state.Status.ToString().ToLowerInvariant())
            .With("source", state.Source.ToString().ToLowerInvariant())
            .With("code", state.Code)
            .With("message", state.Message)
            .With("license", state.License == null ? null : ToJson(state.License))
            .With("warnings", state.Warnings.ToArray<object>())
            .With("staleSince", Format(state.StaleSince))
            .With("refreshAfter", Format(state.RefreshAfter))
            .With("validUntil", Format(state.ValidUntil));

        internal static JsonObject ToJson(License license) => new JsonObject()
            .With("id", license.Id).With("plan", license.Plan).With("features", license.Features)
            .With("expiresAt", license.ExpiresAtText);

        internal static string Format(DateTimeOffset? time) => time == null ? null : Times.Format(time.Value.ToUnixTimeSeconds());
    }
}
