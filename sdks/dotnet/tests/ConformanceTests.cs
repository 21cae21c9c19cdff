using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>The cases of the conformance suite that need no network.</summary>
    [TestFixture]
    public sealed class ConformanceTests
    {
        public static IEnumerable<TestCaseData> KeyCases() =>
            from list in new[] { "valid", "reads_as", "malformed", "foreign", "unusable" }
            from each in Vectors.Cases("keys.json", list)
            let text = each.GetString("text") ?? each.GetString("key")
            let check = list == "reads_as" ? "valid" : list
            let canonical = each.GetString("canonical") ?? each.GetString("key")
            select Vectors.Named($"keys.json: {Json.Write(text)} is {check}", text, check, canonical);

        [TestCaseSource("KeyCases")]
        public void Keys_are_read(string text, string check, string canonical)
        {
            Assert.That(Keys.Check(text).ToString().ToLowerInvariant(), Is.EqualTo(check));
            if (canonical != null || check == "unusable") Assert.That(Keys.Normalize(text), Is.EqualTo(canonical));
        }

        public static IEnumerable<TestCaseData> TokenCases() =>
            Vectors.Cases("tokens.json").Select(each => Vectors.NamedByCase("tokens.json", each));

        [TestCaseSource("TokenCases")]
        public void Tokens_are_verified(object given)
        {
            var each = (JsonObject)given;
            var options = each.GetObject("options");
            var keys = Vectors.Texts(options, "publicKeys");
            var proof = new Proof(options.GetString("nonce"), options.GetString("requestBody"), options.GetString("route"));
            var now = options.GetInt64("now").Value;
            JsonObject result;
            try
            {
                var token = Verification.Verify(
                    each.GetString("text"), options.GetString("type"), keys, proof, ReadBinding(options), Feed.Parse(options.GetObject("feed")), now);
                result = Describe(token, now, new JudgeOptions { PublicKeys = keys, Binding = ReadBinding(options) });
            }
            catch (TokenException error)
            {
                result = new JsonObject().With("ok", false).With("code", error.Code);
            }
            Vectors.AssertMatches(result, each.GetObject("expected"));
        }


        private static JsonObject Describe(Token token, long now, JudgeOptions options)
        {
            var claims = token.Claims;
            var result = new JsonObject().With("ok", true);
            if (token.Type == TokenType.Answer) return result.With("valid", claims.IsValid);
            if (token.Type == TokenType.Revocations) return result.With("to", claims.To).With("more", claims.HasMore);
            var ruling = Judge.Rule(new Evidence(Record.Empty, new[] { token }), now, null, options);
            return result.With("state", ruling.State.Status.ToString().ToLowerInvariant()).With("refresh", ruling.Refresh)
                .With("clockBehind", ruling.State.Warnings.Contains("CLOCK_BEHIND"));
        }

        private static Binding ReadBinding(JsonObject options) =>
            new Binding(options.GetString("product"), options.GetString("fingerprint"), options.GetString("domain"));

        public static IEnumerable<TestCaseData> JudgeCases() =>
            Vectors.Cases("judge.json").Select(each => Vectors.NamedByCase("judge.json", each));

        [TestCaseSource("JudgeCases")]
        public void Records_and_outcomes_are_judged(object given)
        {
            var each = (JsonObject)given;
            var stored = Json.Write(each["record"]);
            foreach (JsonObject step in each.GetList("steps"))
            {
                var options = new JsonObject();
                foreach (var option in each.GetObject("options").Concat(step.GetObject("options") ?? JsonObject.Empty)) options.Set(option.Key, option.Value);
                var result = Play(Record.Parse(stored), step, options);
                Vectors.AssertMatches(result, step.GetObject("expected"));
                stored = result.GetObject("record").ToString();
            }
        }

        private static JsonObject Play(Record record, JsonObject step, JsonObject given)
        {
            var options = new JudgeOptions
            {
                PublicKeys = Vectors.Texts(given, "publicKeys"),
                Binding = ReadBinding(given),
                Refresh = given.GetInt64("refresh") ?? 86400,
                HardLimit = given.GetInt64("hardLimit") ?? 2592000,
                BuiltAt = given.GetInt64("builtAt") ?? 0,
            };
            var evidence = Evidence.Open(record, options.PublicKeys);
            var now = step.GetInt64("now").Value;
            try
            {
                var ruling = Rule(evidence, now, step, given, options);
                return new JsonObject().With("state", Vectors.ToJson(ruling.State.RequireFeatures(Vectors.Texts(given, "features"))))
                    .With("refresh", ruling.Refresh).With("record", Json.ParseObject(ruling.Record.ToJson()));
            }
            catch (TokenException error)
            {
                return new JsonObject().With("error", error.Code).With("record", Json.ParseObject(record.ToJson()));
            }
        }

        private static Ruling Rule(Evidence evidence, long now, JsonObject step, JsonObject given, JudgeOptions options)
        {
            if (step.ContainsKey("importFile")) return Judge.AddFile(evidence, now, step.GetString("importFile"), options);
            if (step.ContainsKey("importRevocations"))
                return Judge.AddRevocations(evidence, now, step.GetString("importRevocations"), options);
            var outcome = step.GetObject("outcome");
            if (outcome == null) return Judge.Rule(evidence, now, null, options);
            var proof = new Proof(given.GetString("nonce"), given.GetString("requestBody"), given.GetString("route"));
            var found = outcome.ContainsKey("failure")
                ? new Outcome(new NoAnswerException(NoAnswerReason.Network, "There is no answer."))
                : new Outcome((int)outcome.GetInt64("status"), outcome.GetObject("headers").GetString("date"), outcome.GetString("body"));
            var verdict = Verdict.Read(found, options.PublicKeys, options.Binding.Product, proof, evidence.Record.Feed).Verdict;
            return Judge.Rule(evidence, now, verdict, options);
        }

        public static IEnumerable<TestCaseData> ClockCases() =>
            Vectors.Cases("clock.json").Select(each => Vectors.NamedByCase("clock.json", each));

        [TestCaseSource("ClockCases")]
        public void Clocks_are_read(object given)
        {
            var each = (JsonObject)given;
            var tokens = each.GetList("issuedAt").Select(issuedAt => new Token(TokenType.Lease, "", Claims.IssuedOnlyAt((long)issuedAt)));
            var evidence = new Evidence(Record.Empty.WithFloor(each.GetInt64("floor").Value), tokens.ToList());
            var clock = new Clock(evidence, each.GetInt64("now").Value, each.GetInt64("builtAt") ?? 0);
            var found = new JsonObject().With("time", clock.Time).With("behind", clock.IsBehind).With("floor", clock.NextFloor);
            Vectors.AssertMatches(found, each.GetObject("expected"));
        }

        public static IEnumerable<TestCaseData> DomainCases() =>
            from each in Vectors.Cases("domains.json")
            let dom = Vectors.Texts(each, "dom")
            let verb = each.GetBoolean("covered").Value ? "covers" : "does not cover"
            let domain = each.GetString("domain")
            select Vectors.Named(
                $"domains.json: {string.Join(",", dom)} {verb} {Json.Write(domain)} ({each.GetString("note")})", dom, domain, each.GetBoolean("covered").Value);

        [TestCaseSource("DomainCases")]
        public void Domains_are_covered(object dom, string domain, bool covered) =>
            Assert.That(Domains.Cover((IReadOnlyList<string>)dom, domain), Is.EqualTo(covered));

        /// <summary>No license has a domain that the server refuses, so only the others matter to an app.</summary>
        public static IEnumerable<TestCaseData> HostCases() =>
            from each in Vectors.Cases("hostnames.json", "hostnames")
            where each["host"] != null
            select Vectors.Named($"hostnames.json: {Json.Write(each["text"])} is {each["host"]}", each["text"], each["host"]);

        [TestCaseSource("HostCases")]
        public void Hosts_are_read_as_the_server_does(string text, string host) =>
            Assert.That(Domains.Cover(new[] { host }, text), Is.True, Domains.NormalizeHost(text) ?? "null");

        public static IEnumerable<TestCaseData> MachineCases() =>
            from each in Vectors.Cases("fingerprints.json", "machines")
            select Vectors.Named($"fingerprints.json: the machine {Json.Write(each.GetString("machineId"))} ({each.GetString("note")})", each);

        [TestCaseSource("MachineCases")]
        public void Machines_have_fingerprints(object given)
        {
            var each = (JsonObject)given;
            Assert.That(Fingerprint.Hash(each.GetString("appId"), each.GetString("machineId")), Is.EqualTo(each.GetString("fingerprint")));
        }

        public static IEnumerable<TestCaseData> SourceCases() =>
            from each in Vectors.Cases("fingerprints.json", "sources")
            select Vectors.Named($"fingerprints.json: {each.GetString("description")}", each);

        [TestCaseSource("SourceCases")]
        public async Task Fingerprints_have_sources(object given)
        {
            var each = (JsonObject)given;
            var store = new MemoryStore();
            await store.PutAsync("licet-device", each.GetString("random"), CancellationToken.None);
            var machineId = each.GetBoolean("container").Value ? null : each.GetString("machineId");
            var found = await Fingerprint.FindAsync(
                each.GetString("appId"), each.GetString("option"), each.GetString("environment"), () => machineId, store, CancellationToken.None);
            var described = new JsonObject().With("kind", found.Kind.ToString().ToLowerInvariant()).With("value", found.Value);
            Vectors.AssertMatches(described, each.GetObject("expected"));
        }

        public static IEnumerable<TestCaseData> StoreCases() =>
            from each in Vectors.Cases("fingerprints.json", "stores")
            select Vectors.Named($"fingerprints.json: the name of the file for {each.GetString("note")}", each);

        [TestCaseSource("StoreCases")]
        public void Records_have_names(object given)
        {
            var each = (JsonObject)given;
            var key = Keys.Normalize(each.GetString("key")) ?? each.GetString("key");
            var name = Record.NameFor(key, each.GetString("product"), each.GetString("fingerprint"), each.GetString("domain"));
            Assert.That(name + ".json", Is.EqualTo(each.GetString("name")));
        }

        public static IEnumerable<TestCaseData> RequestCases() =>
            from each in Vectors.Cases("offline.json", "requests")
            select Vectors.Named($"offline.json: the request code of {each.GetObject("request")}", each);

        [TestCaseSource("RequestCases")]
        public void Requests_have_codes(object given)
        {
            var each = (JsonObject)given;
            var request = each.GetObject("request");
            var code = OfflineCodes.EncodeRequest(
                request.GetString("product"), request.GetString("key"), request.GetString("fp"), request.GetString("name"), request.GetString("nonce"));
            Assert.That(code, Is.EqualTo(each.GetString("code")));
        }

        public static IEnumerable<TestCaseData> ReturnCases() =>
            from each in Vectors.Cases("offline.json", "returns")
            select Vectors.Named($"offline.json: the return code {each.GetString("code")}", each);

        [TestCaseSource("ReturnCases")]
        public void Returned_files_have_codes(object given)
        {
            var each = (JsonObject)given;
            Assert.That(OfflineCodes.ComputeReturnCode(each.GetString("ret"), each.GetString("jti")), Is.EqualTo(each.GetString("code")));
        }

        public static IEnumerable<TestCaseData> WebhookCases() =>
            Vectors.Cases("webhooks.json").Select(each => Vectors.NamedByCase("webhooks.json", each));

        [TestCaseSource("WebhookCases")]
        public void Webhooks_are_verified(object given)
        {
            var each = (JsonObject)given;
            var headers = each.GetObject("headers").ToDictionary(header => header.Key, header => (string)header.Value);
            var now = DateTimeOffset.FromUnixTimeSeconds(each.GetInt64("now").Value);
            var ok = true;
            try
            {
                Webhooks.Verify(Bytes.FromText(each.GetString("body")), headers, Vectors.Texts(each, "secrets"), now);
            }
            catch (WebhookException)
            {
                ok = false;
            }
            Assert.That(ok, Is.EqualTo(each.GetObject("expected").GetBoolean("ok")));
        }
    }
}
