using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>Where a fingerprint comes from.</summary>
    public enum FingerprintKind
    {
        /// <summary>The app passed it in.</summary>
        Option,
        /// <summary>The variable <c>LICET_FINGERPRINT</c>.</summary>
        Environment,
        /// <summary>The operating system's ID of the machine, hashed with the ID of the app.</summary>
        Machine,
        /// <summary>Random digits that are kept in the store.</summary>
        Random,
    }

    /// <summary>The fingerprint of this device for one app.</summary>
    public sealed class Fingerprint
    {
        private const string Variable = "LICET_FINGERPRINT";
        private const string StoredName = "licet-device";
        private static readonly Regex StoredId = new Regex(@"\A[0-9a-f]{32}\z", RegexOptions.CultureInvariant);

        internal Fingerprint(string value, FingerprintKind kind)
        {
            Value = value;
            Kind = kind;
        }

        /// <summary>The fingerprint.</summary>
        public string Value { get; }

        /// <summary>Where it comes from.</summary>
        public FingerprintKind Kind { get; }

        /// <summary>
        /// Returns the fingerprint of this device for an app. In a container it is random, because the ID of the machine
        /// would be that of the image: use seats there, or set <c>LICET_FINGERPRINT</c>.
        /// </summary>
        public static Task<Fingerprint> FindAsync(string appId, IStore store = null, CancellationToken cancellationToken = default)
        {
            LicetOptions.CheckAppId(appId);
            return FindAsync(
                appId, null, Environment.GetEnvironmentVariable(Variable), MachineId.Find, store ?? FileStore.For(appId), cancellationToken);
        }

        internal static async Task<Fingerprint> FindAsync(
            string appId, string option, string variable, Func<string> findMachineId, IStore store, CancellationToken cancellationToken)
        {
            if (!IsBlank(option)) return new Fingerprint(option, FingerprintKind.Option);
            if (!IsBlank(variable)) return new Fingerprint(variable, FingerprintKind.Environment);
            var machineId = findMachineId();
            if (!IsBlank(machineId)) return new Fingerprint(Hash(appId, machineId), FingerprintKind.Machine);
            var random = await FindRandomIdAsync(store, cancellationToken).ConfigureAwait(false);
            return new Fingerprint(Hash(appId, random), FingerprintKind.Random);
        }

        /// <summary>Returns the hex SHA-256 of an app's ID and a machine ID, so that no two apps share fingerprints.</summary>
        internal static string Hash(string appId, string machineId) =>
            Bytes.ToHex(Bytes.Sha256(Bytes.FromText($"licet-fp-v1\n{appId}\n{Unicode.Trim(machineId)}")));

        private static bool IsBlank(string text) => text == null || Unicode.Trim(text) == "";

        private static async Task<string> FindRandomIdAsync(IStore store, CancellationToken cancellationToken)
        {
            var stored = await ReadRandomIdAsync(store, cancellationToken).ConfigureAwait(false);
            if (stored != null) return stored;
            var id = Bytes.ToHex(Bytes.Random(16));
            await store.PutAsync(StoredName, id, cancellationToken).ConfigureAwait(false);
            // Another process may have stored its own at the same time. The last one is that of the device.
            return await ReadRandomIdAsync(store, cancellationToken).ConfigureAwait(false) ?? id;
        }

        private static async Task<string> ReadRandomIdAsync(IStore store, CancellationToken cancellationToken)
        {
            var text = await store.GetAsync(StoredName, cancellationToken).ConfigureAwait(false);
            return text != null && StoredId.IsMatch(text) ? text : null;
        }
    }

    /// <summary>The operating system's ID of this machine.</summary>
    internal static class MachineId
    {
        private const int CommandMsMax = 3000;

        /// <summary>Returns null if there is none, or in a container, where it is that of the image or new on each start.</summary>
        internal static string Find()
        {
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            {
                var program = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.System), "reg.exe");
                return FindInOutput(
                    program, @"query HKLM\SOFTWARE\Microsoft\Cryptography /v MachineGuid /reg:64", @"MachineGuid\s+REG_SZ\s+(\S+)");
            }
            if (RuntimeInformation.IsOSPlatform(OSPlatform.OSX))
                return FindInOutput("/usr/sbin/ioreg", "-rd1 -c IOPlatformExpertDevice", "\"IOPlatformUUID\" = \"([^\"]+)\"");
            return IsContainer() ? null : ReadText("/etc/machine-id") ?? ReadText("/var/lib/dbus/machine-id");
        }

        private static bool IsContainer() =>
            Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") != null ||
            File.Exists("/.dockerenv") || File.Exists("/run/.containerenv");

        private static string ReadText(string path)
        {
            try
            {
                var text = File.ReadAllText(path).Trim();
                return text == "" ? null : text;
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                return null;
            }
        }

        private static string FindInOutput(string program, string arguments, string pattern)
        {
            var start = new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                CreateNoWindow = true,
            };
            try
            {
                using (var process = Process.Start(start))
                {
                    var output = process.StandardOutput.ReadToEndAsync();
                    if (!output.Wait(CommandMsMax)) return null;
                    var match = Regex.Match(output.Result, pattern);
                    return match.Success ? match.Groups[1].Value : null;
                }
            }
            catch (Exception error) when (error is System.ComponentModel.Win32Exception || error is InvalidOperationException)
            {
                return null;
            }
        }
    }
}
