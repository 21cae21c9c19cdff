using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.RegularExpressions;

namespace Licet
{
    /// <summary>The options of a client.</summary>
    public sealed class LicetOptions
    {
        private static readonly Regex AppIdShape = new Regex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant);

        /// <summary>The address of the server, such as <c>https://licenses.example.com</c>.</summary>
        public string Url { get; set; }

        /// <summary>The name of your app in letters, digits, dots and dashes. Never change it.</summary>
        public string AppId { get; set; }

        /// <summary>The customer's license key, as it was pasted. Not needed with a license file.</summary>
        public string Key { get; set; }

        /// <summary>The slug of your product, so that a key for another product is refused.</summary>
        public string Product { get; set; }

        /// <summary>The public keys that <c>licet signing keys</c> prints: with them, no other server can answer.</summary>
        public IReadOnlyList<string> PublicKeys { get; set; } = new string[0];

        /// <summary>The site on which the app runs. With it, a device is only named if a fingerprint is given.</summary>
        public string Domain { get; set; }

        /// <summary>The device; that of <c>Fingerprint.FindAsync</c> by default.</summary>
        public string Fingerprint { get; set; }

        /// <summary>Whether this device is named without a fingerprint and domain. Set it to false on a server that checks keys of others.</summary>
        public bool IdentifyDevice { get; set; } = true;

        /// <summary>Where the record is kept; by default in files in the configuration directory of the user.</summary>
        public IStore Store { get; set; }

        /// <summary>How long to wait for one answer.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(3);

        /// <summary>When an answer is refreshed if no keys are pinned. With keys, the plan decides.</summary>
        public TimeSpan Refresh { get; set; } = TimeSpan.FromDays(1);

        /// <summary>For how long an answer is used at most if no keys are pinned. With keys, the plan decides.</summary>
        public TimeSpan HardLimit { get; set; } = TimeSpan.FromDays(30);

        /// <summary>Sends the requests, for example through a proxy of your own. It must not follow redirects.</summary>
        public HttpMessageHandler Handler { get; set; }

        /// <summary>Returns the time; that of the system by default.</summary>
        public Func<DateTimeOffset> Clock { get; set; } = () => DateTimeOffset.UtcNow;

        /// <summary>When the app was built: a clock that shows an earlier time is wrong.</summary>
        public DateTimeOffset? BuiltAt { get; set; }

        /// <summary>Receives every failure that does not reach the app as an exception, for its log.</summary>
        public Action<Exception> OnProblem { get; set; }

        /// <summary>Throws an <see cref="ArgumentException"/> that says which option is wrong.</summary>
        internal void Check()
        {
            CheckAppId(AppId);
            Http.ParseServerUrl(Url);
            if (PublicKeys == null || Clock == null) throw new ArgumentException("PublicKeys and Clock must not be null.");
            for (var index = 0; index < PublicKeys.Count; index++)
            {
                var key = PublicKey.Parse(PublicKeys[index]);
                if (key == null || !Ed25519.IsSound(key.Bytes))
                    throw new ArgumentException($"PublicKeys[{index}] must be a key that `licet signing keys` has printed.");
            }
            Http.CheckTimeout(Timeout);
            if (Refresh <= TimeSpan.Zero || HardLimit <= TimeSpan.Zero) throw new ArgumentException("Refresh and HardLimit must be above 0.");
        }

        /// <summary>An app ID is part of the path of a file.</summary>
        internal static void CheckAppId(string appId)
        {
            if (appId == null || !AppIdShape.IsMatch(appId))
                throw new ArgumentException("AppId must be 1–100 letters, digits, dots, dashes or underscores.");
        }
    }

    /// <summary>The subject of a call. Each member that is not null replaces that of the client.</summary>
    public class Target
    {
        /// <summary>The customer's license key.</summary>
        public string Key { get; set; }

        /// <summary>The site on which the app runs.</summary>
        public string Domain { get; set; }

        /// <summary>The device.</summary>
        public string Fingerprint { get; set; }
    }

    /// <summary>What a validation reports besides its subject.</summary>
    public class ValidateRequest : Target
    {
        /// <summary>A name for the device, for the vendor's list.</summary>
        public string Name { get; set; }

        /// <summary>The version of the app, for the vendor's statistics.</summary>
        public string Version { get; set; }
    }

    /// <summary>The options of a check.</summary>
    public sealed class CheckRequest : ValidateRequest
    {
        /// <summary>The features without which the state is refused.</summary>
        public IReadOnlyList<string> Features { get; set; }

        /// <summary>Waits for the server even if the record allows the app to run.</summary>
        public bool Fresh { get; set; }
    }

    /// <summary>The options of an activation, or of a request for a license file.</summary>
    public sealed class DeviceRequest : Target
    {
        /// <summary>A name for the device, for the vendor's list.</summary>
        public string Name { get; set; }
    }

    /// <summary>The options of a seat.</summary>
    public sealed class SeatRequest
    {
        /// <summary>The customer's license key.</summary>
        public string Key { get; set; }

        /// <summary>The device.</summary>
        public string Fingerprint { get; set; }

        /// <summary>A name for the device, for the vendor's list.</summary>
        public string Name { get; set; }

        /// <summary>Keeps the seat for so many days, without a connection and without renewing it.</summary>
        public int? BorrowDays { get; set; }
    }

    /// <summary>The options of a verification without a client.</summary>
    public sealed class VerifyOptions
    {
        /// <summary>The slug of the product.</summary>
        public string Product { get; set; }

        /// <summary>The device.</summary>
        public string Fingerprint { get; set; }

        /// <summary>The site on which the app runs.</summary>
        public string Domain { get; set; }

        /// <summary>The features without which the state is refused.</summary>
        public IReadOnlyList<string> Features { get; set; }

        /// <summary>The time; that of the system by default.</summary>
        public DateTimeOffset? Now { get; set; }
    }
}
