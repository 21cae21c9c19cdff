using System;
using System.IO;
using System.Threading.Tasks;
using Licet;

namespace Editor
{
    /// <summary>An editor in the terminal that runs only with a license.</summary>
    internal static class Program
    {
        private const string Usage = "Usage: editor [check | activate KEY | deactivate | request | import FILE]";

        private static int Main(string[] arguments) => RunAsync(arguments).GetAwaiter().GetResult();

        private static async Task<int> RunAsync(string[] arguments)
        {
            var client = CreateClient();
            var argument = arguments.Length > 1 ? arguments[1] : "";
            try
            {
                switch (arguments.Length == 0 ? "check" : arguments[0])
                {
                    case "check":
                        return Report(await client.CheckAsync());
                    case "activate":
                        var activation = await client.ActivateAsync(new DeviceRequest { Key = argument, Name = Environment.MachineName });
                        File.WriteAllText(KeyFile, argument);
                        Console.WriteLine($"This device is activated as {activation.Name}.");
                        return 0;
                    case "deactivate":
                        await client.DeactivateAsync();
                        File.Delete(KeyFile);
                        Console.WriteLine("This device is no longer activated.");
                        return 0;
                    case "request":
                        Console.WriteLine((await client.CreateOfflineRequestAsync()).Url);
                        return 0;
                    case "import":
                        return Report(await client.ImportFileAsync(File.ReadAllText(argument)));
                    default:
                        Console.WriteLine(Usage);
                        return 2;
                }
            }
            catch (LicetException error)
            {
                Console.WriteLine($"{error.Message} ({error.Code})");
                return 1;
            }
            finally
            {
                await client.WhenIdleAsync();
            }
        }

        private static string KeyFile => Path.Combine(Environment.GetEnvironmentVariable("EDITOR_FOLDER") ?? ".", "license-key.txt");

        private static LicetClient CreateClient() => new LicetClient(new LicetOptions
        {
            Url = Environment.GetEnvironmentVariable("LICET_URL") ?? "https://licenses.example.com",
            AppId = "com.example.editor",
            Key = File.Exists(KeyFile) ? File.ReadAllText(KeyFile) : null,
            PublicKeys = (Environment.GetEnvironmentVariable("LICET_PUBLIC_KEYS") ?? "").Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries),
            OnProblem = problem => Console.Error.WriteLine(problem.Message),
        });

        private static int Report(LicenseState state)
        {
            if (!state.Allowed)
            {
                Console.WriteLine($"{state.Message} ({state.Code})");
                return 1;
            }
            Console.WriteLine($"The editor runs with the plan {state.License.Plan} ({state.Status}, {state.Source}).");
            return 0;
        }
    }
}
