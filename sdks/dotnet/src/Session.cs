using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>The subject of a call and of its record.</summary>
    internal sealed class Subject
    {
        internal Subject(string key, Binding binding)
        {
            Key = key;
            Binding = binding;
        }

        internal string Key { get; }
        internal Binding Binding { get; }
        internal string RecordName => Record.NameFor(Key, Binding.Product, Binding.Fingerprint, Binding.Domain);

        /// <summary>Returns the license key, without which nothing can be asked.</summary>
        internal string RequireKey() =>
            Key ?? throw new InvalidOperationException("This needs a license key: pass it to the client or to the call.");
    }

    /// <summary>The kind of signature that a request asks for if keys are pinned.</summary>
    internal enum Signing
    {
        Nothing,
        Answer,
        Lease,
    }

    /// <summary>A response to a request of an app, and what proves that it is.</summary>
    internal sealed class AppResponse
    {
        internal AppResponse(Outcome outcome, Proof proof)
        {
            Outcome = outcome;
            Proof = proof;
        }

        internal Outcome Outcome { get; }
        internal Proof Proof { get; }
    }

    /// <summary>What the server granted, with its signed verdict if keys are pinned.</summary>
    internal sealed class Grant
    {
        internal Grant(JsonObject body, Verdict verdict, Outcome outcome)
        {
            Body = body;
            Verdict = verdict;
            Outcome = outcome;
        }

        internal JsonObject Body { get; }
        internal Verdict Verdict { get; }
        internal Outcome Outcome { get; }
    }

    /// <summary>The ruling after a validation. Without a verdict, the failure says why.</summary>
    internal sealed class Refreshed
    {
        internal Refreshed(LicenseState state, Reading found)
        {
            State = state;
            Verdict = found.Verdict;
            Failure = found.Failure;
        }

        internal LicenseState State { get; }
        internal Verdict Verdict { get; }
        internal LicetException Failure { get; }
    }

    /// <summary>A record after a change, and what the change returns.</summary>
    internal readonly struct Change<T>
    {
        internal readonly Record Record;
        internal readonly T Result;

        internal Change(Record record, T result)
        {
            Record = record;
            Result = result;
        }
    }

    internal static class Change
    {
        internal static Change<T> To<T>(Record record, T result) => new Change<T>(record, result);
    }

    /// <summary>What the calls of a client share: its options, its records and its requests.</summary>
    internal sealed class Session
    {
        private const int AttemptsMax = 3;
        private const int ResponseBytesMax = 1024 * 1024;
        private const int Turns = 64;
        private static readonly TimeSpan Total = TimeSpan.FromSeconds(10);
        private readonly LicetOptions options;
        private readonly Http http;
        private readonly IStore store;
        private readonly Lazy<Task<Fingerprint>> device;
        /// <summary>One change of a record comes after the other. Records with the same hash share a turn.</summary>
        private readonly SemaphoreSlim[] turns = Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1)).ToArray();

        internal Session(LicetOptions options)
        {
            options.Check();
            this.options = options;
            Url = Http.ParseServerUrl(options.Url);
            PublicKeys = options.PublicKeys.ToList();
            http = new Http(options.Handler);
            store = new FallbackStore(options.Store ?? FileStore.For(options.AppId), Report);
            device = new Lazy<Task<Fingerprint>>(() => Task.Run(() => Fingerprint.FindAsync(options.AppId, store)));
        }

        internal string Url { get; }
        internal IReadOnlyList<string> PublicKeys { get; }
        internal string Product => options.Product;
        internal long RefreshSeconds => (long)options.Refresh.TotalSeconds;

        /// <summary>The time in whole seconds.</summary>
        internal long Now => options.Clock().ToUnixTimeSeconds();

        /// <summary>A mistake in the app's callback must not stop a check.</summary>
        internal void Report(Exception problem)
        {
            try
            {
                options.OnProblem?.Invoke(problem);
            }
            catch
            {
                // There is no other place to report it to.
            }
        }

        /// <summary>Completes a target with the options of the client and the fingerprint of the device.</summary>
        internal async Task<Subject> ResolveAsync(Target target)
        {
            var key = target?.Key ?? options.Key ?? "";
            var domain = target?.Domain ?? options.Domain;
            var fingerprint = OrNull(target?.Fingerprint) ?? OrNull(options.Fingerprint);
            if (fingerprint == null && domain == null && options.IdentifyDevice) fingerprint = await FindDeviceAsync().ConfigureAwait(false);
            var normalized = Unicode.Trim(key) == "" ? null : Keys.Normalize(key) ?? Unicode.Trim(key);
            return new Subject(normalized, new Binding(options.Product, fingerprint, domain));
        }

        /// <summary>Completes the target of a seat, which is never for a domain.</summary>
        internal async Task<Subject> ResolveSeatAsync(SeatRequest request)
        {
            var fingerprint = OrNull(request?.Fingerprint) ?? OrNull(options.Fingerprint) ?? await FindDeviceAsync().ConfigureAwait(false);
            var subject = await ResolveAsync(new Target { Key = request?.Key, Fingerprint = fingerprint }).ConfigureAwait(false);
            return new Subject(subject.Key, new Binding(options.Product, fingerprint, null));
        }

        private static string OrNull(string text) => text == null || Unicode.Trim(text) == "" ? null : text;

        /// <summary>Returns the fingerprint of this device, which stays the same as long as the client.</summary>
        internal async Task<string> FindDeviceAsync() => (await device.Value.ConfigureAwait(false)).Value;

        internal JudgeOptions JudgeOptionsFor(Subject subject) => new JudgeOptions
        {
            PublicKeys = PublicKeys,
            Binding = subject.Binding,
            Refresh = RefreshSeconds,
            HardLimit = (long)options.HardLimit.TotalSeconds,
            BuiltAt = options.BuiltAt?.ToUnixTimeSeconds() ?? 0,
        };

        /// <summary>Reads the record of a subject. A damaged or missing one is empty.</summary>
        internal async Task<Evidence> LoadAsync(Subject subject, CancellationToken cancellationToken)
        {
            var text = await store.GetAsync(subject.RecordName, cancellationToken).ConfigureAwait(false);
            return Evidence.Open(Record.Parse(text), PublicKeys);
        }

        /// <summary>
        /// Changes the record of a subject. It is read right before, since another process may have changed it, and
        /// written only if the change returns another record.
        /// </summary>
        internal Task<T> ChangeAsync<T>(Subject subject, Func<Evidence, Change<T>> change, CancellationToken cancellationToken) =>
            TakeTurnAsync(subject, async () =>
            {
                var evidence = await LoadAsync(subject, cancellationToken).ConfigureAwait(false);
                var changed = change(evidence);
                if (changed.Record != evidence.Record)
                    await store.PutAsync(subject.RecordName, changed.Record.ToJson(), CancellationToken.None).ConfigureAwait(false);
                return changed.Result;
            }, cancellationToken);

        internal Task DeleteAsync(Subject subject) => TakeTurnAsync(subject, async () =>
        {
            await store.DeleteAsync(subject.RecordName, CancellationToken.None).ConfigureAwait(false);
            return true;
        }, CancellationToken.None);

        private async Task<T> TakeTurnAsync<T>(Subject subject, Func<Task<T>> run, CancellationToken cancellationToken)
        {
            var turn = turns[(subject.RecordName.GetHashCode() & int.MaxValue) % Turns];
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await run().ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        }

        /// <summary>Judges a license by its record and a verdict, or null, and stores what follows.</summary>
        internal Task<Ruling> JudgeAsync(Subject subject, Verdict verdict, CancellationToken cancellationToken) =>
            ChangeAsync(subject, evidence =>
            {
                var ruling = Judge.Rule(evidence, Now, verdict, JudgeOptionsFor(subject));
                return Change.To(ruling.Record, ruling);
            }, cancellationToken);

        /// <summary>Sends a request of an app. Throws a <see cref="NoAnswerException"/> if all attempts fail.</summary>
        internal Task<AppResponse> PostAsync(
            string route, JsonObject fields, Signing signing, int? attemptsMax, CancellationToken cancellationToken)
        {
            var isSigned = signing != Signing.Nothing && PublicKeys.Count > 0;
            return Retry.RunAsync(attemptsMax ?? AttemptsMax, Total, async remaining =>
            {
                var nonce = isSigned ? CreateNonce() : null;
                var members = new JsonObject();
                foreach (var field in fields) members.Set(field.Key, field.Value);
                if (isSigned && signing == Signing.Lease) members.Set("lease", true);
                var body = members.With("nonce", nonce).ToString();
                var limit = remaining < options.Timeout ? remaining : options.Timeout;
                var response = await http.SendAsync(
                    () => Http.BuildRequest("POST", $"{Url}/api/v1{route}", body),
                    limit > TimeSpan.Zero ? limit : TimeSpan.Zero, ResponseBytesMax, true, cancellationToken).ConfigureAwait(false);
                return new AppResponse(new Outcome(response.Status, response.Date, response.Body), new Proof(nonce, body, route));
            }, cancellationToken);
        }

        internal static string CreateNonce() => Bytes.ToBase64Url(Bytes.Random(16));

        /// <summary>Validates a license, and changes its record by the verdict.</summary>
        internal async Task<Refreshed> RefreshAsync(
            Subject subject, ValidateRequest notes, int? attemptsMax, CancellationToken cancellationToken)
        {
            var binding = subject.Binding;
            var fields = new JsonObject().With("key", subject.RequireKey()).With("product", binding.Product)
                .With("domain", binding.Domain).With("fingerprint", binding.Fingerprint)
                .With("name", notes?.Name).With("version", notes?.Version);
            AppResponse response;
            try
            {
                response = await PostAsync("/validate", fields, Signing.Lease, attemptsMax, cancellationToken).ConfigureAwait(false);
            }
            catch (NoAnswerException failure)
            {
                response = new AppResponse(new Outcome(failure), Proof.None);
            }
            return await ChangeAsync(subject, evidence =>
            {
                var found = Verdict.Read(response.Outcome, PublicKeys, Product, response.Proof, evidence.Record.Feed);
                var ruling = Judge.Rule(evidence, Now, found.Verdict, JudgeOptionsFor(subject));
                return Change.To(ruling.Record, new Refreshed(ruling.State, found));
            }, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>
        /// Sends a request that grants something, and returns the body of the response, with its signed verdict if keys
        /// are pinned. Throws a <see cref="LicetProblemException"/> if the server refuses, and a
        /// <see cref="NoAnswerException"/> if the response is not one of Licet or lacks its signature.
        /// </summary>
        internal async Task<Grant> RequestAsync(
            Subject subject, string route, JsonObject fields, Signing signing, int? attemptsMax, CancellationToken cancellationToken)
        {
            var response = await PostAsync(route, fields, signing, attemptsMax, cancellationToken).ConfigureAwait(false);
            var outcome = response.Outcome;
            var body = Json.ParseObject(outcome.Body);
            if (outcome.Status != 200 || body == null) throw Verdict.ReadError(outcome.Status, body ?? JsonObject.Empty);
            if (response.Proof.Nonce == null) return new Grant(body, null, outcome);
            var evidence = await LoadAsync(subject, cancellationToken).ConfigureAwait(false);
            var found = Verdict.Read(outcome, PublicKeys, Product, response.Proof, evidence.Record.Feed);
            if (found.Verdict == null) throw found.Failure;
            if (found.Verdict.IsValid) return new Grant(body, found.Verdict, outcome);
            throw new NoAnswerException(NoAnswerReason.Signature, "The response grants what its signature refuses.");
        }

        /// <summary>Returns a member of a response that is a text.</summary>
        internal static string ReadMember(JsonObject body, string name) => body.GetString(name)
            ?? throw new NoAnswerException(NoAnswerReason.NotLicet, $"The response has no \"{name}\".");
    }
}
