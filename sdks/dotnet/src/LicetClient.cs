using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>A domain or device that uses a license.</summary>
    public sealed class Activation
    {
        internal Activation(JsonObject body)
        {
            Id = Session.ReadMember(body, "id");
            IsDomain = body.GetString("kind") == "domain";
            Value = Session.ReadMember(body, "value");
            Name = body.GetString("name");
            CreatedAt = Times.Parse(Session.ReadMember(body, "created_at"))
                ?? throw new NoAnswerException(NoAnswerReason.NotLicet, "\"created_at\" is not a time.");
        }

        /// <summary>The ID of the activation.</summary>
        public string Id { get; }

        /// <summary>Whether it is that of a domain, and not of a device.</summary>
        public bool IsDomain { get; }

        /// <summary>The normalized domain, or the fingerprint.</summary>
        public string Value { get; }

        /// <summary>The name of the device, or null.</summary>
        public string Name { get; }

        /// <summary>When it was first activated.</summary>
        public DateTimeOffset CreatedAt { get; }
    }

    /// <summary>A server's answer to a validation. A refusal is one, too.</summary>
    public sealed class Validation
    {
        internal Validation(Verdict verdict)
        {
            License = verdict.License;
            Warnings = verdict.Warnings ?? new string[0];
            Error = verdict.Code;
            Message = verdict.Message;
            Details = verdict.Details ?? JsonObject.Empty;
        }

        /// <summary>Whether the license is valid.</summary>
        public bool Valid => License != null;

        /// <summary>The license; null if it was refused.</summary>
        public License License { get; }

        /// <summary>Codes such as <c>EXPIRES_SOON</c>.</summary>
        public IReadOnlyList<string> Warnings { get; }

        /// <summary>The code of the refusal, such as <c>LICENSE_EXPIRED</c>; null if it is valid.</summary>
        public string Error { get; }

        /// <summary>The refusal in words; null if it is valid.</summary>
        public string Message { get; }

        /// <summary>Facts behind the refusal, such as <c>{"limit": 3, "used": 3}</c>.</summary>
        public JsonObject Details { get; }
    }

    /// <summary>A request for a license file.</summary>
    public sealed class OfflineRequestCode
    {
        internal OfflineRequestCode(string code, string url)
        {
            Code = code;
            Url = url;
        }

        /// <summary>Such as <c>LQ1.eyJ2Ijox…</c>. It contains the license key.</summary>
        public string Code { get; }

        /// <summary>The page of the server with the code in its fragment, for a link or a QR code.</summary>
        public string Url { get; }
    }

    /// <summary>
    /// Checks the license of an app, online and offline. Create one client and keep it: it can be used by many threads.
    /// </summary>
    public sealed class LicetClient
    {
        private readonly Session session;
        private readonly Checks checks;

        /// <summary>Throws an <see cref="ArgumentException"/> that says which option is wrong.</summary>
        public LicetClient(LicetOptions options)
        {
            session = new Session(options ?? throw new ArgumentNullException(nameof(options)));
            checks = new Checks(session);
            Seats = new Seats(session);
        }

        /// <summary>Floating seats, which many devices share.</summary>
        public Seats Seats { get; }

        /// <summary>
        /// Decides whether the app may run: call it at launch, and as often as you like. Never throws because of the
        /// network, the server or the store. Returns at once if a stored license allows it.
        /// </summary>
        public Task<LicenseState> CheckAsync(CheckRequest request = null, CancellationToken cancellationToken = default) =>
            checks.CheckAsync(request ?? new CheckRequest(), cancellationToken);

        /// <summary>Completes when no check is working in the background. Await it before you end the process.</summary>
        public Task WhenIdleAsync() => checks.WhenIdleAsync();

        /// <summary>
        /// Asks the server in any case. A refusal is returned, not thrown. Throws a <see cref="NoAnswerException"/>, and a
        /// <see cref="LicetProblemException"/> if the request was wrong.
        /// </summary>
        public async Task<Validation> ValidateAsync(ValidateRequest request = null, CancellationToken cancellationToken = default)
        {
            var subject = await session.ResolveAsync(request).ConfigureAwait(false);
            subject.RequireKey();
            var ruling = await session.JudgeAsync(subject, null, cancellationToken).ConfigureAwait(false);
            var attemptsMax = ruling.State.IsUsable ? 1 : (int?)null;
            var refreshed = await session.RefreshAsync(subject, request, attemptsMax, cancellationToken).ConfigureAwait(false);
            if (refreshed.Verdict == null) throw refreshed.Failure;
            return new Validation(refreshed.Verdict);
        }

        /// <summary>
        /// Activates the domain, or else the device. Repeating it returns the same activation. Throws a
        /// <see cref="LicetProblemException"/> with the code of the refusal, such as <c>DEVICE_LIMIT_REACHED</c>, and a
        /// <see cref="NoAnswerException"/>.
        /// </summary>
        public async Task<Activation> ActivateAsync(DeviceRequest request = null, CancellationToken cancellationToken = default)
        {
            var subject = await session.ResolveAsync(request).ConfigureAwait(false);
            var fields = DescribePlace(subject).With("name", request?.Name);
            var grant =
                await session.RequestAsync(subject, "/activate", fields, Signing.Lease, null, cancellationToken).ConfigureAwait(false);
            if (grant.Verdict != null) await session.JudgeAsync(subject, grant.Verdict, CancellationToken.None).ConfigureAwait(false);
            return new Activation(grant.Body);
        }

        /// <summary>Frees the slot of the domain, or else of the device, and deletes what is stored.</summary>
        public async Task<Activation> DeactivateAsync(Target target = null, CancellationToken cancellationToken = default)
        {
            var subject = await session.ResolveAsync(target).ConfigureAwait(false);
            var grant = await session.RequestAsync(
                subject, "/deactivate", DescribePlace(subject), Signing.Nothing, null, cancellationToken).ConfigureAwait(false);
            await session.DeleteAsync(subject).ConfigureAwait(false);
            return new Activation(grant.Body);
        }

        /// <summary>The server wants either a domain or a fingerprint.</summary>
        private static JsonObject DescribePlace(Subject subject)
        {
            var fields = new JsonObject().With("key", subject.RequireKey());
            if (subject.Binding.Domain != null) return fields.With("domain", subject.Binding.Domain);
            if (subject.Binding.Fingerprint != null) return fields.With("fingerprint", subject.Binding.Fingerprint);
            throw new InvalidOperationException("Pass the domain or the fingerprint to activate or deactivate.");
        }

        /// <summary>Imports a license file. Throws a <see cref="TokenException"/> if it is not for this app and device.</summary>
        public Task<LicenseState> ImportFileAsync(string text, Target target = null, CancellationToken cancellationToken = default) =>
            ImportAsync(text, target, Judge.AddFile, cancellationToken);

        /// <summary>Imports a revocation feed on a device without a connection. Throws a <see cref="TokenException"/>.</summary>
        public Task<LicenseState> ImportRevocationsAsync(string text, Target target = null, CancellationToken cancellationToken = default) =>
            ImportAsync(text, target, Judge.AddRevocations, cancellationToken);

        private async Task<LicenseState> ImportAsync(
            string text, Target target, Func<Evidence, long, string, JudgeOptions, Ruling> add, CancellationToken cancellationToken)
        {
            if (text == null) throw new ArgumentNullException(nameof(text));
            if (session.PublicKeys.Count == 0)
                throw new InvalidOperationException("Pass PublicKeys to the client, since files are verified with them.");
            var subject = await session.ResolveAsync(target).ConfigureAwait(false);
            return await session.ChangeAsync(subject, evidence =>
            {
                var ruling = add(evidence, session.Now, Unicode.Trim(text), session.JudgeOptionsFor(subject));
                return Change.To(ruling.Record, ruling.State);
            }, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>Returns the code with which a device without a connection asks for a license file.</summary>
        public async Task<OfflineRequestCode> CreateOfflineRequestAsync(DeviceRequest request = null)
        {
            var subject = await session.ResolveAsync(request).ConfigureAwait(false);
            var fingerprint = subject.Binding.Fingerprint ?? await session.FindDeviceAsync().ConfigureAwait(false);
            var name = string.IsNullOrEmpty(request?.Name) ? null : request.Name;
            var code = OfflineCodes.EncodeRequest(session.Product, subject.RequireKey(), fingerprint, name, Session.CreateNonce());
            return new OfflineRequestCode(code, $"{session.Url}/offline#{code}");
        }

        /// <summary>
        /// Deletes the license file of this device, and returns the code that frees its slot, such as <c>7Q4MX-0ZD9K</c>.
        /// The same file cannot be imported again. Throws a <see cref="TokenException"/> without a file that is bound to a
        /// device or domain.
        /// </summary>
        public async Task<string> ReturnFileAsync(Target target = null, CancellationToken cancellationToken = default)
        {
            var subject = await session.ResolveAsync(target).ConfigureAwait(false);
            return await session.ChangeAsync(subject, evidence =>
            {
                Claims claims = null;
                foreach (var token in evidence.Tokens)
                    if (token.Type == TokenType.File) claims = token.Claims;
                if (claims?.ReturnSecret == null)
                    throw new TokenException("MALFORMED", "There is no license file that can be returned.");
                var tombstone = new Tombstone("FILE_RETURNED", "The license of this device was returned.", claims.IssuedAt);
                return Change.To(evidence.Record.WithFile(null, tombstone), OfflineCodes.ComputeReturnCode(claims.ReturnSecret, claims.Id));
            }, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>
        /// Returns the state that a license file or a lease gives on its own, without a client, a store or a network. Any
        /// other text is unknown, with a code such as <c>SIGNATURE_INVALID</c>.
        /// </summary>
        public static LicenseState Verify(string text, IReadOnlyList<string> publicKeys, VerifyOptions options = null)
        {
            var given = options ?? new VerifyOptions();
            try
            {
                var token = Token.OpenEither(Unicode.Trim(text ?? ""), TokenType.File, TokenType.Lease, publicKeys);
                var terms = new JudgeOptions
                {
                    PublicKeys = publicKeys,
                    Binding = new Binding(given.Product, given.Fingerprint, given.Domain),
                };
                var now = (given.Now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
                return Judge.Rule(new Evidence(Record.Empty, new[] { token }), now, null, terms).State.RequireFeatures(given.Features);
            }
            catch (TokenException error)
            {
                return LicenseState.Deny(LicenseStatus.Unknown, error.Code, error.Message, StateSource.None);
            }
        }
    }

    /// <summary>Codes for devices without a connection.</summary>
    internal static class OfflineCodes
    {
        internal static string EncodeRequest(string product, string key, string fingerprint, string name, string nonce)
        {
            var request = new JsonObject().With("v", 1L).With("product", product).With("key", key)
                .With("fp", fingerprint).With("name", name).With("nonce", nonce);
            return "LQ1." + Bytes.ToBase64Url(Bytes.FromText(request.ToString()));
        }

        /// <summary>
        /// Returns the code that proves that a device has deleted its license file: the first 50 bits of HMAC-SHA-256 of
        /// the file's ID under its secret, in Crockford's Base32, as XXXXX-XXXXX.
        /// </summary>
        internal static string ComputeReturnCode(string secret, string fileId)
        {
            var mac = Bytes.HmacSha256(Bytes.FromBase64Url(secret) ?? new byte[0], Bytes.FromText(fileId));
            var symbols = new char[10];
            for (var index = 0; index < symbols.Length; index++)
            {
                var bit = index * 5;
                var twoBytes = (mac[bit / 8] << 8) | mac[bit / 8 + 1];
                symbols[index] = Keys.Alphabet[(twoBytes >> (11 - bit % 8)) & 31];
            }
            return $"{new string(symbols, 0, 5)}-{new string(symbols, 5, 5)}";
        }
    }
}
