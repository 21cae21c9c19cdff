using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Licet.Tests
{
    /// <summary>
    /// Runs the tests, and prints each as a line of TAP, on every runtime: those of the classes that are named, or all
    /// that need no server. Other runners find them by the attributes of NUnit.
    /// </summary>
    internal static class Program
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

        private static int Main(string[] names)
        {
            var failed = 0;
            foreach (var type in Assembly.GetExecutingAssembly().GetTypes().Where(type => IsChosen(type, names)))
            {
                var fixture = Activator.CreateInstance(type);
                foreach (var test in FindTests(type))
                    if (!Run(fixture, test.Key, test.Value)) failed++;
                (fixture as IDisposable)?.Dispose();
            }
            Console.Out.Flush();
            return failed == 0 ? 0 : 1;
        }

        private static bool IsChosen(Type type, string[] names)
        {
            if (type.GetCustomAttributes(typeof(TestFixtureAttribute), false).Length == 0) return false;
            return names.Length == 0 ? type != typeof(LiveTests) : names.Contains(type.Name);
        }

        /// <summary>Returns the methods with the arguments and names of their cases.</summary>
        private static IEnumerable<KeyValuePair<MethodInfo, TestCaseData>> FindTests(Type type)
        {
            foreach (var method in type.GetMethods().OrderBy(method => method.MetadataToken))
            {
                if (method.GetCustomAttributes(typeof(TestAttribute), false).Length > 0)
                    yield return new KeyValuePair<MethodInfo, TestCaseData>(method, new TestCaseData().SetName(Describe(method)));
                foreach (TestCaseAttribute each in method.GetCustomAttributes(typeof(TestCaseAttribute), false))
                    yield return new KeyValuePair<MethodInfo, TestCaseData>(
                        method, new TestCaseData(each.Arguments).SetName($"{Describe(method)}, {string.Join(", ", each.Arguments)}"));
                foreach (TestCaseSourceAttribute source in method.GetCustomAttributes(typeof(TestCaseSourceAttribute), false))
                    foreach (TestCaseData data in (IEnumerable)type.GetMethod(source.SourceName).Invoke(null, null))
                        yield return new KeyValuePair<MethodInfo, TestCaseData>(method, data);
            }
        }

        /// <summary>Returns the name of a method in words: <c>A_seat_is_renewed</c>.</summary>
        private static string Describe(MethodInfo method) => $"{method.DeclaringType.Name}: {method.Name.Replace('_', ' ')}";

        private static bool Run(object fixture, MethodInfo method, TestCaseData data)
        {
            // A line break in a name would break the report.
            var name = data.TestName.Replace("\n", "\\n").Replace("\r", "\\r");
            try
            {
                var ended = Task.Run(() => method.Invoke(fixture, data.Arguments) as Task ?? Task.CompletedTask);
                if (!ended.Wait(Limit)) throw new TimeoutException("The test does not end.");
                Console.WriteLine($"ok - {name}");
                return true;
            }
            catch (Exception error)
            {
                var cause = error.GetBaseException();
                Console.WriteLine($"not ok - {name}");
                Console.WriteLine($"  {cause}".Replace("\n", "\n  "));
                return false;
            }
        }
    }
}
