using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>Plays the scenarios of the conformance suite against its server.</summary>
    [TestFixture]
    public sealed class HttpTests : IDisposable
    {
        private static readonly HttpClient Reader = new HttpClient();
        private readonly Process server;
        private readonly string address;
        private static readonly IReadOnlyList<string> PublicKeys = Vectors.Texts(Vectors.Read("http.json"), "publicKeys");

        public HttpTests()
        {
            var start = new ProcessStartInfo("bun", $"\"{Path.Combine(Vectors.Suite, "fixture.ts")}\"")
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            };
            server = Process.Start(start);
            address = Json.ParseObject(server.StandardOutput.ReadLine()).GetString("url");
        }

        [TestFixtureTearDown]
        public void Dispose()
        {
            if (!server.HasExited) server.Kill();
        }

        public static IEnumerable<TestCaseData> Scenarios() =>
            Vectors.Cases("http.json", "scenarios").Select(each => Vectors.NamedByCase("http.json", each));

        [TestCaseSource("Scenarios")]
        public async Task Scenarios_are_played(object given)
        {
            var scenario = (JsonObject)given;
            var url = $"{address}/s/{Uri.EscapeDataString(scenario.GetString("id"))}/{Guid.NewGuid():N}";
            var store = new MemoryStore();
            var gate = scenario.GetList("steps").Cast<JsonObject>().Any(step => step.ContainsKey("times")) ? new Gate() : null;
            var player = new Player(url, scenario.GetObject("client"), store, gate);
            foreach (JsonObject step in scenario.GetList("steps"))
            {
                if (step.GetString("client") == "empty") store = new MemoryStore();
                if (step.ContainsKey("client")) player = new Player(url, scenario.GetObject("client"), store, gate);
                await player.PlayAsync(step);
                while ((await ReadLogAsync(url)).Count < (step.GetInt64("thenRequests") ?? 0)) await Task.Delay(10);
                await player.Client.WhenIdleAsync();
            }
            CheckRequests(await ReadLogAsync(url), scenario.GetObject("requests"));
        }

        private static async Task<IReadOnlyList<JsonObject>> ReadLogAsync(string url) =>
            Json.ParseObject(await Reader.GetStringAsync(url + "/log")).GetList("requests").Cast<JsonObject>().ToList();

        private static void CheckRequests(IReadOnlyList<JsonObject> log, JsonObject expected)
        {
            Assert.That(log.Count, Is.AtLeast(expected.GetInt64("min")).And.AtMost(expected.GetInt64("max")), "requests");
            if (expected.ContainsKey("paths"))
                Assert.That(log.Select(request => request.GetString("path")), Is.EqualTo(Vectors.Texts(expected, "paths")));
            var gaps = expected.GetList("gapsMs") ?? new object[0];
            for (var index = 0; index < gaps.Count; index++)
                Assert.That(log[index + 1].GetInt64("atMs") - log[index].GetInt64("atMs"), Is.AtLeast(gaps[index]), $"gap {index}");
            var bodies = log.Select(request => Json.ParseObject(request.GetString("body")) ?? JsonObject.Empty).ToList();
            foreach (var body in bodies)
            {
                foreach (var name in Vectors.Texts(expected, "has")) Assert.That(body.ContainsKey(name), Is.True, name);
                foreach (var name in Vectors.Texts(expected, "hasNot")) Assert.That(body.ContainsKey(name), Is.False, name);
            }
            var distinct = expected.GetString("distinctMember");
            if (distinct != null) Assert.That(bodies.Select(body => body[distinct]).Distinct().Count(), Is.EqualTo(log.Count));
            var same = expected.GetString("sameHeader");
            if (same != null) Assert.That(log.Select(request => request.GetObject("headers")[same]).Distinct().Count(), Is.EqualTo(1));
        }

        /// <summary>
        /// Lets requests pass when it is open. Threads may be slow: without it, the answer to the first of some calls at
        /// the same time could arrive before the last one is made.
        /// </summary>
        private sealed class Gate : DelegatingHandler
        {
            private readonly TaskCompletionSource<bool> opened = new TaskCompletionSource<bool>();

            internal Gate() : base(new HttpClientHandler { AllowAutoRedirect = false }) { }

            internal void Open() => opened.TrySetResult(true);

            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                await opened.Task;
                return await base.SendAsync(request, cancellationToken);
            }
        }

        private sealed class Player
        {
            private const string SeatId = "seat_01kf0000000000000000000003";
            private readonly string url;
            private readonly string fingerprint;
            private readonly Gate gate;
            private readonly List<Exception> problems = new List<Exception>();

            internal Player(string url, JsonObject client, IStore store, Gate gate)
            {
                this.gate = gate;
                this.url = url;
                fingerprint = client.GetString("fingerprint");
                Client = new LicetClient(new LicetOptions
                {
                    Url = url,
                    AppId = "com.example.conformance",
                    Key = client.GetString("key"),
                    Product = client.GetString("product"),
                    PublicKeys = client.GetBoolean("pinned").Value ? PublicKeys : new string[0],
                    Timeout = TimeSpan.FromMilliseconds(client.GetInt64("timeoutMs").Value),
                    Store = store,
                    Handler = gate,
                    OnProblem = problem =>
                    {
                        lock (problems) problems.Add(problem);
                    },
                });
            }

            internal LicetClient Client { get; }

            internal async Task PlayAsync(JsonObject step)
            {
                var watch = Stopwatch.StartNew();
                var calls = Enumerable.Range(0, (int)(step.GetInt64("times") ?? 1)).Select(_ => RunAsync(step)).ToList();
                gate?.Open();
                var results = await Task.WhenAll(calls);
                var elapsed = watch.ElapsedMilliseconds;
                foreach (var result in results) Vectors.AssertMatches(result, step.GetObject("expected"));
                if (step.ContainsKey("withinMs")) Assert.That(elapsed, Is.AtMost(step.GetInt64("withinMs")), "ms");
                if (!step.ContainsKey("problem")) return;
                lock (problems)
                    Assert.That(problems.OfType<LicetProblemException>().Select(problem => problem.Code), Has.Member(step.GetString("problem")));
            }

            private async Task<JsonObject> RunAsync(JsonObject step)
            {
                try
                {
                    return await CallAsync(step.GetString("call"), step.GetObject("with") ?? JsonObject.Empty);
                }
                catch (NoAnswerException)
                {
                    return new JsonObject().With("throws", "NoAnswer");
                }
                catch (LicetProblemException problem)
                {
                    return new JsonObject().With("throws", "ApiProblem").With("status", (long)problem.Status)
                        .With("code", problem.Code).With("details", problem.Details);
                }
            }

            private async Task<JsonObject> CallAsync(string call, JsonObject with)
            {
                var seats = Client.Seats;
                switch (call)
                {
                    case "check":
                        return new JsonObject().With("state", Vectors.ToJson(await Client.CheckAsync(new CheckRequest
                        {
                            Fingerprint = fingerprint,
                            Fresh = with.GetBoolean("fresh") ?? false,
                            Features = Vectors.Texts(with, "features"),
                        })));
                    case "validate":
                        return new JsonObject().With("verdict", Describe(await Client.ValidateAsync(new ValidateRequest { Fingerprint = fingerprint })));
                    case "activate":
                        return new JsonObject().With("id", (await Client.ActivateAsync(new DeviceRequest { Fingerprint = fingerprint })).Id);
                    case "deactivate":
                        return new JsonObject().With("id", (await Client.DeactivateAsync(new Target { Fingerprint = fingerprint })).Id);
                    case "seats.acquire":
                        return Describe(await seats.AcquireAsync(new SeatRequest { Fingerprint = fingerprint }));
                    case "seats.renew":
                        return Describe(await seats.RenewAsync(SeatId));
                    case "seats.release":
                        await seats.ReleaseAsync(SeatId);
                        return new JsonObject().With("ok", true);
                    case "admin.licenses.create":
                        var order = new { plan = "professional", customer_email = "dev@example.com" };
                        return await new LicetAdmin(url, "licet_fake").Licenses.CreateAsync(order);
                    default:
                        throw new NotSupportedException($"The call {call} is unknown.");
                }
            }

            private static JsonObject Describe(Seat seat) =>
                new JsonObject().With("id", seat.Id).With("expiresAt", Vectors.Format(seat.ExpiresAt));

            private static JsonObject Describe(Validation validation) => new JsonObject()
                .With("valid", validation.Valid)
                .With("license", validation.License == null ? null : Vectors.ToJson(validation.License))
                .With("warnings", validation.Valid ? validation.Warnings.ToArray<object>() : null)
                .With("error", validation.Error).With("message", validation.Message)
                .With("details", validation.Valid ? null : validation.Details);
        }
    }
}
