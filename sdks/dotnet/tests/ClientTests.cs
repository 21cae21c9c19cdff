using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>What .NET apps rely on besides the conformance suite.</summary>
    [TestFixture]
    public sealed class ClientTests
    {
        private const string Key = "TO-04HM-ASW9-NF6Y-Y0CN";
        private const string Valid =
            "{\"valid\":true,\"license\":{\"id\":\"lic_1\",\"plan\":\"pro\",\"features\":{\"sso\":true,\"projects\":10},\"expiresAt\":null},\"warnings\":[]}";

        /// <summary>A server in the same process. It answers each request with the next reply, and then with the last one.</summary>
        private sealed class ScriptedHandler : HttpMessageHandler
        {
            private readonly Queue<Func<HttpResponseMessage>> replies;

            internal ScriptedHandler(params Func<HttpResponseMessage>[] replies) =>
                this.replies = new Queue<Func<HttpResponseMessage>>(replies);

            internal List<HttpRequestMessage> Requests { get; } = new List<HttpRequestMessage>();

            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                await Task.Yield();
                lock (Requests)
                {
                    Requests.Add(request);
                    return (replies.Count > 1 ? replies.Dequeue() : replies.Peek())();
                }
            }
        }

        private static Func<HttpResponseMessage> Reply(string json, HttpStatusCode status = HttpStatusCode.OK) => () =>
            new HttpResponseMessage(status) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };

        private static LicetOptions Options(HttpMessageHandler handler, IStore store = null) => new LicetOptions
        {
            Url = "https://licenses.example.com",
            AppId = "com.example.editor",
            Key = Key,
            Fingerprint = "device-1",
            Store = store ?? new MemoryStore(),
            Handler = handler,
        };

        private sealed class BrokenStore : IStore
        {
            public Task<string> GetAsync(string name, CancellationToken cancellationToken) => throw new IOException("The disk is broken.");
            public Task PutAsync(string name, string text, CancellationToken cancellationToken) => throw new IOException("The disk is full.");
            public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new IOException("The disk is full.");
        }

        [Test]
        public async Task A_broken_store_is_reported_and_what_it_cannot_keep_stays_in_memory()
        {
            var handler = new ScriptedHandler(Reply(Valid));
            var problems = new List<Exception>();
            var options = Options(handler, new BrokenStore());
            options.OnProblem = problems.Add;
            var client = new LicetClient(options);
            Assert.That((await client.CheckAsync()).Source, Is.EqualTo(StateSource.Server));
            Assert.That((await client.CheckAsync()).Source, Is.EqualTo(StateSource.Cache));
            Assert.That(handler.Requests.Count, Is.EqualTo(1));
            Assert.That(problems.Select(problem => problem.Message), Has.Member("The disk is broken.").And.Member("The disk is full."));
        }

        [Test]
        public async Task An_exception_in_OnProblem_stops_no_check()
        {
            var options = Options(new ScriptedHandler(Reply("{}", HttpStatusCode.Forbidden)));
            options.OnProblem = _ => throw new InvalidOperationException();
            Assert.That((await new LicetClient(options).CheckAsync()).Code, Is.EqualTo("NO_ANSWER"));
        }

        [Test]
        public async Task A_canceled_check_throws_while_another_one_gets_the_answer()
        {
            var gate = new ManualResetEventSlim();
            var client = new LicetClient(Options(new ScriptedHandler(() =>
            {
                gate.Wait(TimeSpan.FromSeconds(2));
                return Reply(Valid)();
            })));
            var stop = new CancellationTokenSource();
            var canceled = client.CheckAsync(null, stop.Token);
            var other = client.CheckAsync();
            stop.Cancel();
            Assert.That(await Task.WhenAny(canceled.ContinueWith(task => task.IsCanceled), Task.Delay(1000)), Is.InstanceOf<Task<bool>>());
            Assert.That(canceled.IsCanceled, Is.True);
            gate.Set();
            Assert.That((await other).Allowed, Is.True);
        }

        [Test]
        public async Task A_check_without_a_key_asks_nothing_and_says_that_there_is_no_key()
        {
            var handler = new ScriptedHandler(Reply(Valid));
            var options = Options(handler);
            options.Key = "  ";
            Assert.That((await new LicetClient(options).CheckAsync()).Message, Is.EqualTo("There is no license key yet."));
            Assert.That(handler.Requests, Is.Empty);
        }

        [Test]
        public async Task Requests_have_the_headers_of_the_suite_and_await_no_100_Continue()
        {
            var handler = new ScriptedHandler(Reply(Valid));
            await new LicetClient(Options(handler)).CheckAsync();
            var request = handler.Requests.Single();
            Assert.That(request.Headers.UserAgent.ToString(), Is.EqualTo("licet-dotnet/0.1.0"));
            Assert.That(request.Headers.Accept.ToString(), Is.EqualTo("application/json"));
            Assert.That(request.Headers.ExpectContinue, Is.Not.True);
        }

        private static Func<HttpResponseMessage> ReplySeat(string id, int milliseconds) => () =>
            Reply($"{{\"id\":\"{id}\",\"expires_at\":\"{DateTimeOffset.UtcNow.AddMilliseconds(milliseconds):yyyy-MM-ddTHH:mm:ss.fffZ}\"}}")();

        private static async Task WaitForAsync(Func<bool> isMet)
        {
            for (var attempt = 0; attempt < 1000 && !isMet(); attempt++) await Task.Delay(10);
            Assert.That(isMet(), Is.True);
        }

        [Test]
        public async Task A_held_seat_survives_an_outage_and_is_acquired_again_if_the_server_has_forgotten_it()
        {
            var handler = new ScriptedHandler(
                ReplySeat("seat_1", 300), Reply("{}", HttpStatusCode.ServiceUnavailable),
                Reply("{\"code\":\"SEAT_NOT_FOUND\"}", HttpStatusCode.NotFound), ReplySeat("seat_2", 60000));
            var hold = await new LicetClient(Options(handler)).Seats.HoldAsync();
            Assert.That(hold.Seat.Id, Is.EqualTo("seat_1"));
            await WaitForAsync(() => hold.Seat.Id == "seat_2");
            Assert.That(hold.Lost.IsCancellationRequested, Is.False);
            hold.Dispose();
            var routes = handler.Requests.Select(request => request.RequestUri.AbsolutePath.Replace("/api/v1/seats/", ""));
            Assert.That(string.Join(" ", routes), Is.EqualTo("acquire renew renew acquire release"));
        }

        [Test]
        public async Task A_refusal_ends_a_held_seat_and_is_not_followed_by_a_release()
        {
            var handler = new ScriptedHandler(
                ReplySeat("seat_1", 300), Reply("{\"code\":\"LICENSE_REVOKED\"}", HttpStatusCode.Forbidden));
            var hold = await new LicetClient(Options(handler)).Seats.HoldAsync();
            hold.Lost.Register(() => throw new InvalidOperationException("a mistake of the app"));
            await WaitForAsync(() => hold.Lost.IsCancellationRequested);
            Assert.That(hold.Refusal.Code, Is.EqualTo("LICENSE_REVOKED"));
            await hold.ReleaseAsync();
            Assert.That(handler.Requests.Count, Is.EqualTo(2));
        }

        /// <summary>The context of a window whose thread is busy: what is posted to it never runs.</summary>
        private sealed class BusyContext : SynchronizationContext
        {
            public override void Post(SendOrPostCallback callback, object state) { }
        }

        [Test]
        public void A_check_that_blocks_the_thread_of_a_window_ends()
        {
            var client = new LicetClient(Options(new ScriptedHandler(Reply(Valid))));
            var state = LicenseStatus.Unknown;
            var thread = new Thread(() =>
            {
                SynchronizationContext.SetSynchronizationContext(new BusyContext());
                state = client.CheckAsync().GetAwaiter().GetResult().Status;
            }) { IsBackground = true };
            thread.Start();
            Assert.That(thread.Join(TimeSpan.FromSeconds(20)), Is.True);
            Assert.That(state, Is.EqualTo(LicenseStatus.Licensed));
        }

        [Test]
        public async Task A_post_of_LicetAdmin_has_the_same_idempotency_key_on_all_attempts()
        {
            var handler = new ScriptedHandler(Reply("{}", HttpStatusCode.ServiceUnavailable), Reply("{\"id\":\"lic_1\"}"));
            var admin = new LicetAdmin("https://licenses.example.com/", "licet_fake", new AdminOptions { Handler = handler });
            Assert.That((await admin.Licenses.CreateAsync(new { plan = "pro" })).GetString("id"), Is.EqualTo("lic_1"));
            Assert.That(handler.Requests.Select(request => request.Headers.GetValues("Idempotency-Key").Single()).Distinct().Count(), Is.EqualTo(1));
            Assert.That(handler.Requests.Count, Is.EqualTo(2));
        }

        [Test]
        public void Each_route_of_LicetAdmin_is_one_of_the_management_API()
        {
            var root = Path.Combine(Vectors.Suite, "..", "..");
            var paths = Json.ParseObject(File.ReadAllText(Path.Combine(root, "openapi.json"))).GetObject("paths");
            var sources = Directory.GetFiles(Path.Combine(root, "sdks", "dotnet", "src"), "Admin*.cs").Select(File.ReadAllText);
            var routes = sources.SelectMany(source => Regex.Matches(source, "\"(GET|POST|PUT|DELETE) (/[^\"]+)\"").Cast<Match>()).ToList();
            Assert.That(routes.Count, Is.AtLeast(40));
            foreach (var route in routes)
            {
                var (method, path) = (route.Groups[1].Value.ToLowerInvariant(), route.Groups[2].Value);
                Assert.That(paths.GetObject(path)?.ContainsKey(method), Is.True, route.Value);
            }
        }

        [Test]
        public void An_id_that_would_lead_to_another_route_is_rejected()
        {
            var admin = new LicetAdmin("https://licenses.example.com", "licet_fake");
            foreach (var id in new[] { "", null, ".", ".." })
                Assert.That(() => admin.Licenses.GetAsync(id).GetAwaiter().GetResult(), Throws.ArgumentException);
        }

        [Test]
        public async Task Values_in_paths_and_queries_are_escaped()
        {
            var handler = new ScriptedHandler(Reply("{\"data\":[],\"next_cursor\":null}"));
            var admin = new LicetAdmin("https://licenses.example.com/base", "licet_fake", new AdminOptions { Handler = handler });
            await admin.Licenses.Usage("a/b?c", new { status = new[] { "active", "expired" }, limit = 5, q = "Ä&b", nothing = (string)null }).PageAsync();
            Assert.That(
                handler.Requests.Single().RequestUri.AbsoluteUri,
                Is.EqualTo("https://licenses.example.com/base/api/v1/licenses/a%2Fb%3Fc/usage?status=active%2Cexpired&limit=5&q=%C3%84%26b"));
        }

        [Test]
        public async Task The_file_of_a_record_is_readable_by_its_owner_only_and_replaced_as_a_whole()
        {
            var directory = Path.Combine(Path.GetTempPath(), "licet-" + Guid.NewGuid().ToString("N"), "app");
            var store = new FileStore(directory);
            Assert.That(await store.GetAsync("licet-1", CancellationToken.None), Is.Null);
            await store.PutAsync("licet-1", "first", CancellationToken.None);
            await store.PutAsync("licet-1", "ünïcode", CancellationToken.None);
            Assert.That(await store.GetAsync("licet-1", CancellationToken.None), Is.EqualTo("ünïcode"));
            Assert.That(Directory.GetFiles(directory), Is.EqualTo(new[] { Path.Combine(directory, "licet-1.json") }));
            if (Path.DirectorySeparatorChar == '/') Assert.That(ReadMode(Path.Combine(directory, "licet-1.json")), Is.EqualTo("600"));
            await store.DeleteAsync("licet-1", CancellationToken.None);
            await store.DeleteAsync("licet-1", CancellationToken.None);
            Assert.That(await store.GetAsync("licet-1", CancellationToken.None), Is.Null);
            Directory.Delete(Path.GetDirectoryName(directory), true);
        }

        private static string ReadMode(string path)
        {
            var start = new System.Diagnostics.ProcessStartInfo("stat", $"-c %a \"{path}\"") { UseShellExecute = false, RedirectStandardOutput = true };
            using (var process = System.Diagnostics.Process.Start(start)) return process.StandardOutput.ReadToEnd().Trim();
        }

        [TestCase("appId", "../evil", "https://licenses.example.com", null)]
        [TestCase("url", "com.example.editor", "licenses.example.com", null)]
        [TestCase("url with a query", "com.example.editor", "https://licenses.example.com/?a=b", null)]
        [TestCase("public key", "com.example.editor", "https://licenses.example.com", "AAAA")]
        [TestCase("public key of small order", "com.example.editor", "https://licenses.example.com", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
        public void A_wrong_option_is_rejected_by_the_constructor(string what, string appId, string url, string publicKey)
        {
            var options = new LicetOptions { AppId = appId, Url = url, PublicKeys = publicKey == null ? new string[0] : new[] { publicKey } };
            Assert.That(() => new LicetClient(options), Throws.ArgumentException, what);
        }

        [TestCase("{\"a\":1,\"a\":2}")]
        [TestCase("{\"a\":1,\"\\u0061\":2}")]
        [TestCase("{\"a\":[{\"b\":1,\"b\":1}]}")]
        [TestCase("{\"a\":1e999}")]
        [TestCase("{\"a\":NaN}")]
        [TestCase("{\"a\":01}")]
        [TestCase("{\"a\":1.}")]
        [TestCase("{\"a\":+1}")]
        [TestCase("{\"a\":1,}")]
        [TestCase("{\"a\":\"\t\"}")]
        [TestCase("{} {}")]
        [TestCase("[]")]
        [TestCase("")]
        public void Json_that_two_parsers_could_read_differently_is_no_object(string text) =>
            Assert.That(Json.ParseUniqueObject(text), Is.Null);

        [Test]
        public void Numbers_of_Json_stay_what_they_are()
        {
            var values = Json.ParseUniqueObject("{\"max\":9007199254740993,\"large\":1e20,\"part\":0.1,\"zero\":-0}");
            Assert.That(values["max"], Is.EqualTo(9007199254740993L));
            Assert.That(values.ToString(), Is.EqualTo("{\"max\":9007199254740993,\"large\":1E+20,\"part\":0.1,\"zero\":0}"));
        }

        [Test]
        public void Json_that_is_nested_without_end_is_no_object_and_no_stack_overflow() =>
            Assert.That(Json.ParseObject(string.Concat(Enumerable.Repeat("{\"a\":", 100000))), Is.Null);
    }
}
