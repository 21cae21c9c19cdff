using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>Tests against a real server, at LICET_URL, managed with LICET_TOKEN.</summary>
    [TestFixture]
    public sealed class LiveTests
    {
        private const string Nowhere = "http://127.0.0.1:9";
        private static readonly string Url = Environment.GetEnvironmentVariable("LICET_URL");
        private readonly string run = "n" + Guid.NewGuid().ToString("N").Substring(0, 6);
        private readonly LicetAdmin admin = new LicetAdmin(Url, Environment.GetEnvironmentVariable("LICET_TOKEN"));
        private readonly string plan;
        private readonly IReadOnlyList<string> publicKeys;

        public LiveTests()
        {
            plan = run + "-pro";
            admin.Products.CreateAsync(new { slug = run, name = run, key_prefix = run.ToUpperInvariant() }).Wait();
            admin.Plans.CreateAsync(new
            {
                slug = plan,
                product = run,
                name = "Pro",
                features = new { sso = true },
                max_devices = 2,
                max_seats = 1,
                offline = new { refresh_days = 1, valid_days = 7, hard_days = 30, file_days = 365 },
            }).Wait();
            var jwks = (JsonObject)admin.RequestAsync("GET", "/.well-known/licet/jwks.json").Result;
            publicKeys = jwks.GetList("keys").Cast<JsonObject>().Select(key => key.GetString("x")).ToList();
        }

        private Task<JsonObject> IssueAsync() => admin.Licenses.CreateAsync(new { plan, customer_email = "dev@example.com" });

        /// <summary>Returns a client on a device of its own, which remembers nothing.</summary>
        private LicetClient StartDevice(JsonObject license, string device, string url = null, IStore store = null) =>
            new LicetClient(new LicetOptions
            {
                Url = url ?? Url,
                AppId = "com.example.live",
                Key = license.GetString("key"),
                PublicKeys = publicKeys,
                Fingerprint = $"{run}-{device}",
                Store = store ?? new MemoryStore(),
            });

        private static async Task<LicetProblemException> FindProblemAsync(Task call)
        {
            try
            {
                await call;
            }
            catch (LicetProblemException problem)
            {
                return problem;
            }
            throw new AssertionException("The call succeeds.");
        }

        private static string Summarize(LicenseState state) => $"{state.Status} {state.Source} {state.Code}".TrimEnd();

        [Test]
        public async Task A_check_is_licensed_by_the_server_then_by_its_lease_and_during_an_outage()
        {
            var license = await IssueAsync();
            var store = new MemoryStore();
            var device = StartDevice(license, "first", null, store);
            Assert.That(Summarize(await device.CheckAsync()), Is.EqualTo("Licensed Server"));
            Assert.That(Summarize(await device.CheckAsync()), Is.EqualTo("Licensed Lease"));
            var offline = StartDevice(license, "first", Nowhere, store);
            Assert.That(Summarize(await offline.CheckAsync(new CheckRequest { Fresh = true })), Is.EqualTo("Licensed Lease"));
            Assert.That((await offline.CheckAsync(new CheckRequest { Features = new[] { "audit" } })).Code, Is.EqualTo("FEATURE_NOT_INCLUDED"));
        }

        [Test]
        public async Task A_suspended_license_is_refused_until_it_is_reinstated()
        {
            var license = await IssueAsync();
            var device = StartDevice(license, "suspended");
            Assert.That((await device.ValidateAsync()).License.Plan, Is.EqualTo(plan));
            await admin.Licenses.SuspendAsync(license.GetString("id"), new { reason = "payment failed" });
            Assert.That((await device.ValidateAsync()).Error, Is.EqualTo("LICENSE_SUSPENDED"));
            Assert.That((await device.CheckAsync()).Status, Is.EqualTo(LicenseStatus.Refused));
            await admin.Licenses.ReinstateAsync(license.GetString("id"));
            Assert.That((await device.CheckAsync(new CheckRequest { Fresh = true })).Allowed, Is.True);
        }

        [Test]
        public async Task Devices_are_activated_up_to_the_limit_and_deactivated()
        {
            var license = await IssueAsync();
            var first = StartDevice(license, "one");
            var activation = await first.ActivateAsync(new DeviceRequest { Name = "A laptop" });
            Assert.That(activation.Value, Is.EqualTo($"{run}-one"));
            Assert.That((await first.ActivateAsync()).Id, Is.EqualTo(activation.Id));
            await StartDevice(license, "two").ActivateAsync();
            var third = StartDevice(license, "three");
            Assert.That((await FindProblemAsync(third.ActivateAsync())).Code, Is.EqualTo("DEVICE_LIMIT_REACHED"));
            await first.DeactivateAsync();
            await third.ActivateAsync();
        }

        [Test]
        public async Task A_floating_seat_is_used_by_one_device_at_a_time()
        {
            var license = await IssueAsync();
            var other = StartDevice(license, "other");
            using (var hold = await StartDevice(license, "holder").Seats.HoldAsync())
            {
                Assert.That(hold.Seat.ExpiresAt, Is.GreaterThan(DateTimeOffset.UtcNow));
                Assert.That((await FindProblemAsync(other.Seats.AcquireAsync())).Code, Is.EqualTo("SEAT_LIMIT_REACHED"));
            }
            var seat = await other.Seats.AcquireAsync();
            Assert.That((await other.Seats.RenewAsync(seat.Id)).Id, Is.EqualTo(seat.Id));
            await other.Seats.ReleaseAsync(seat.Id);
        }

        [Test]
        public async Task A_license_file_works_without_a_server_until_it_is_returned()
        {
            var license = await IssueAsync();
            var device = StartDevice(license, "island", Nowhere);
            var request = await device.CreateOfflineRequestAsync(new DeviceRequest { Name = "A press" });
            var issued = (JsonObject)await admin.RequestAsync("POST", "/api/v1/offline/activate", new { request = request.Code });
            var file = issued.GetString("file");
            Assert.That(Summarize(await device.ImportFileAsync(file)), Is.EqualTo("Licensed File"));
            Assert.That(Summarize(await device.CheckAsync()), Is.EqualTo("Licensed File"));
            var elsewhere = LicetClient.Verify(file, publicKeys, new VerifyOptions { Fingerprint = "another-device" });
            Assert.That(Summarize(elsewhere), Is.EqualTo("Unknown None FINGERPRINT_MISMATCH").Or.EqualTo("Unknown File FINGERPRINT_MISMATCH"));
            var code = await device.ReturnFileAsync();
            await admin.RequestAsync("POST", "/api/v1/offline/deactivate", new { key = license.GetString("key"), code });
            Assert.That((await device.CheckAsync()).Code, Is.EqualTo("FILE_RETURNED"));
        }

        [Test]
        public async Task A_revocation_reaches_a_device_without_a_connection_by_an_imported_feed()
        {
            var license = await IssueAsync();
            var device = StartDevice(license, "revoked", Nowhere);
            var issued = await admin.Licenses.CreateFileAsync(license.GetString("id"), new { fingerprint = $"{run}-revoked" });
            await device.ImportFileAsync(issued.GetString("file"));
            await admin.Licenses.RevokeAsync(license.GetString("id"));
            var feed = (string)await admin.RequestAsync("GET", "/api/v1/revocations", null, new { format = "file" });
            Assert.That((await device.ImportRevocationsAsync(feed)).Code, Is.EqualTo("LICENSE_REVOKED"));
        }

        [Test]
        public async Task The_same_idempotency_key_issues_one_license()
        {
            var call = new CallOptions { IdempotencyKey = $"order-1001-{run}" };
            var order = new { plan, customer_email = "dev@example.com" };
            var first = await admin.Licenses.CreateAsync(order, call);
            Assert.That((await admin.Licenses.CreateAsync(order, call)).GetString("id"), Is.EqualTo(first.GetString("id")));
        }

        [Test]
        public async Task A_list_yields_each_license_once_over_several_pages()
        {
            await admin.Licenses.CreateManyAsync(new { plan, customer_email = "batch@example.com", quantity = 5 });
            var list = admin.Licenses.List(new { product = run, limit = 2 });
            var licenses = await list.ToListAsync();
            Assert.That(licenses.Count, Is.AtLeast(5));
            Assert.That(licenses.Select(license => license.GetString("id")), Is.Unique);
            Assert.That((await list.PageAsync()).GetList("data").Count, Is.EqualTo(2));
        }

        [Test]
        public async Task A_license_lives_from_its_first_key_to_its_end()
        {
            var license = await IssueAsync();
            var (id, key) = (license.GetString("id"), license.GetString("key"));
            Assert.That((await admin.Licenses.LookupAsync(key.ToLowerInvariant())).GetString("id"), Is.EqualTo(id));
            var end = new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);
            Assert.That((await admin.Licenses.UpdateAsync(id, new { expires_at = end })).GetString("expires_at"), Is.EqualTo("2099-01-01T00:00:00Z"));
            Assert.That((await admin.Licenses.RenewAsync(id, new { days = 10 })).GetString("expires_at"), Is.EqualTo("2099-01-11T00:00:00Z"));
            Assert.That((await admin.Licenses.RotateKeyAsync(id)).GetString("key"), Is.Not.EqualTo(key));
            var changed = await admin.Licenses.GetAsync(id);
            var outdated = new CallOptions { IfMatch = changed.GetInt64("version") - 1 };
            Assert.That((await FindProblemAsync(admin.Licenses.UpdateAsync(id, new { customer_name = "Eve" }, outdated))).Status, Is.EqualTo(412));
            Assert.That((await admin.Licenses.RevokeAsync(id)).GetString("status"), Is.EqualTo("revoked"));
            var types = (await admin.Licenses.Events(id).ToListAsync()).Select(each => each.GetString("type")).ToList();
            Assert.That(types.First() + " " + types.Last(), Is.EqualTo("license.revoked license.created"));
        }

        [Test]
        public async Task The_endpoints_of_webhooks_are_managed()
        {
            var created = await admin.Webhooks.CreateAsync(new { url = "https://hooks.example.com", events = new[] { "*" } });
            var id = created.GetString("id");
            Assert.That(created.GetString("secret"), Is.StringStarting("whsec_"));
            Assert.That((await admin.Webhooks.RotateSecretAsync(id)).GetString("secret"), Is.Not.EqualTo(created.GetString("secret")));
            Assert.That((await admin.Webhooks.UpdateAsync(id, new { enabled = false })).GetBoolean("enabled"), Is.False);
            Assert.That(await admin.Webhooks.DeleteAsync(id), Is.Null);
            Assert.That((await FindProblemAsync(admin.Webhooks.GetAsync(id))).Code, Is.EqualTo("not_found"));
        }

        [Test]
        public async Task A_problem_names_the_invalid_field_and_the_request()
        {
            var problem = await FindProblemAsync(admin.Licenses.CreateAsync(new { plan = "none", customer_email = "dev@example.com" }));
            Assert.That(problem.Code, Is.EqualTo("validation_failed"));
            Assert.That(problem.Errors[0].Pointer, Is.EqualTo("/plan"));
            Assert.That(problem.RequestId, Is.Not.Null);
        }
    }
}
