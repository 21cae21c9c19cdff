using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>
    /// Where records are kept between runs of the app. Implement it to use a database or the settings of your app. Names
    /// consist of letters, digits and dashes.
    /// </summary>
    public interface IStore
    {
        /// <summary>Returns the text that was put last, or null.</summary>
        Task<string> GetAsync(string name, CancellationToken cancellationToken);

        /// <summary>Stores a text.</summary>
        Task PutAsync(string name, string text, CancellationToken cancellationToken);

        /// <summary>Deletes the text, if there is one.</summary>
        Task DeleteAsync(string name, CancellationToken cancellationToken);
    }

    /// <summary>A store that lasts as long as the process.</summary>
    public sealed class MemoryStore : IStore
    {
        private readonly Dictionary<string, string> texts = new Dictionary<string, string>();

        /// <inheritdoc/>
        public Task<string> GetAsync(string name, CancellationToken cancellationToken)
        {
            lock (texts) return Task.FromResult(texts.TryGetValue(name, out var text) ? text : null);
        }

        /// <inheritdoc/>
        public Task PutAsync(string name, string text, CancellationToken cancellationToken)
        {
            lock (texts) texts[name] = text;
            return Task.CompletedTask;
        }

        /// <inheritdoc/>
        public Task DeleteAsync(string name, CancellationToken cancellationToken)
        {
            lock (texts) texts.Remove(name);
            return Task.CompletedTask;
        }
    }

    /// <summary>A store with one file per name, readable by its owner only and never half written.</summary>
    public sealed class FileStore : IStore
    {
        private const int AttemptsMax = 5;
        private static readonly bool IsWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
        private readonly string directory;

        /// <summary>The directory is created when it is needed.</summary>
        public FileStore(string directory) => this.directory = directory ?? throw new ArgumentNullException(nameof(directory));

        /// <summary>Returns the store of an app in the configuration directory of the user.</summary>
        internal static FileStore For(string appId)
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (IsWindows) return new FileStore(Path.Combine(Read("LOCALAPPDATA") ?? Path.Combine(home, "AppData", "Local"), appId));
            if (RuntimeInformation.IsOSPlatform(OSPlatform.OSX))
                return new FileStore(Path.Combine(home, "Library", "Application Support", appId));
            return new FileStore(Path.Combine(Read("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config"), appId));
        }

        private static string Read(string variable)
        {
            var value = Environment.GetEnvironmentVariable(variable);
            return value == "" ? null : value;
        }

        /// <inheritdoc/>
        public Task<string> GetAsync(string name, CancellationToken cancellationToken) => Task.Run(() =>
        {
            try
            {
                return File.ReadAllText(Locate(name));
            }
            catch (Exception error) when (error is FileNotFoundException || error is DirectoryNotFoundException)
            {
                return null;
            }
        }, cancellationToken);

        /// <inheritdoc/>
        public Task PutAsync(string name, string text, CancellationToken cancellationToken) => Task.Run(() =>
        {
            if (!Directory.Exists(directory))
            {
                Directory.CreateDirectory(directory);
                Restrict(directory, 0x1c0);
            }
            var temporary = Path.Combine(directory, $"{name}.{Guid.NewGuid():N}.tmp");
            try
            {
                using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    // Only the empty file is ever readable by others.
                    Restrict(temporary, 0x180);
                    var bytes = Bytes.FromText(text);
                    file.Write(bytes, 0, bytes.Length);
                    file.Flush(true);
                }
                Replace(temporary, Locate(name));
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }, cancellationToken);

        /// <inheritdoc/>
        public Task DeleteAsync(string name, CancellationToken cancellationToken) => Task.Run(() =>
        {
            if (Directory.Exists(directory)) File.Delete(Locate(name));
        }, cancellationToken);

        private string Locate(string name) => Path.Combine(directory, name + ".json");

        /// <summary>On Windows, the folder of a user is that of the user already.</summary>
        private static void Restrict(string path, uint mode)
        {
            if (!IsWindows && ChangeMode(path, mode) != 0) throw new IOException($"The permissions of {path} cannot be set.");
        }

        private static void Replace(string temporary, string path)
        {
            if (!IsWindows)
            {
                if (Rename(temporary, path) != 0) throw new IOException($"The file {path} cannot be written.");
                return;
            }
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    if (File.Exists(path)) File.Replace(temporary, path, null);
                    else File.Move(temporary, path);
                    return;
                }
                catch (Exception error) when (attempt < AttemptsMax && (error is IOException || error is UnauthorizedAccessException))
                {
                    // A file cannot be replaced while another process reads it.
                    Thread.Sleep(10 * attempt);
                }
            }
        }

        [DllImport("libc", EntryPoint = "chmod", SetLastError = true)]
        private static extern int ChangeMode(string path, uint mode);

        [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
        private static extern int Rename(string from, string to);
    }

    /// <summary>
    /// A store that keeps working when another does not: what cannot be written stays in memory, up to a limit, and is
    /// read from there. Each failure is reported.
    /// </summary>
    internal sealed class FallbackStore : IStore
    {
        private const int UnwrittenMax = 1000;
        private readonly IStore store;
        private readonly Action<Exception> report;
        /// <summary>Null for what could not be deleted.</summary>
        private readonly Dictionary<string, string> unwritten = new Dictionary<string, string>();

        internal FallbackStore(IStore store, Action<Exception> report)
        {
            this.store = store;
            this.report = report;
        }

        public async Task<string> GetAsync(string name, CancellationToken cancellationToken)
        {
            lock (unwritten)
                if (unwritten.ContainsKey(name)) return unwritten[name];
            try
            {
                return await store.GetAsync(name, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (!(error is OperationCanceledException))
            {
                report(error);
                return null;
            }
        }

        public Task PutAsync(string name, string text, CancellationToken cancellationToken) =>
            WriteAsync(name, text, store.PutAsync, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
            WriteAsync(name, null, (_, text, token) => store.DeleteAsync(name, token), cancellationToken);

        private async Task WriteAsync(
            string name, string text, Func<string, string, CancellationToken, Task> write, CancellationToken cancellationToken)
        {
            try
            {
                await write(name, text, cancellationToken).ConfigureAwait(false);
                lock (unwritten) unwritten.Remove(name);
            }
            catch (Exception error) when (!(error is OperationCanceledException))
            {
                lock (unwritten)
                {
                    if (unwritten.Count >= UnwrittenMax) unwritten.Clear();
                    unwritten[name] = text;
                }
                report(error);
            }
        }
    }
}
