# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the package as it is built in a new environment, with a server of its own that may
# send webhooks to this machine.

django_source=$PWD/sdks/django
django_scratch=$scratch/django
django_server=$PWD/dist/licet
# Nothing is written to the checkout.
export PYTHONDONTWRITEBYTECODE=1 RUFF_CACHE_DIR=$scratch/django/ruff
mkdir -p "$django_scratch"

# Whether the Python "$1" is new enough for Django, and can create environments.
is_python_for_django() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
}

# Creates the environment "$1", and installs the packages "$2…".
create_django_environment() {
  environment=$1
  python3 -m venv "$environment" && shift &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

run_django_tool() {
  (cd "$django_source" && "$django_scratch/tools/bin/$1" $2)
}

build_django_packages() {
  for package in "$PWD/sdks/python" "$django_source"; do
    "$django_scratch/tools/bin/python" -m build --outdir "$django_scratch/dist" "$package" || return 1
  done
}

# Runs the tests "$4…" of the folder "$3" in the environment "$1", named after "$2". Each is a check,
# but only failures are shown.
run_django_tests() {
  environment=$1 runtime=$2 folder=$3
  shift 3
  : >"$django_scratch/results"
  (cd "$folder" && LICET_BINARY=$django_server "$environment/bin/python" -m pytest \
    -p no:cacheprovider --tap="$django_scratch/results" --runtime="$runtime" "$@") \
    >"$django_scratch/output" 2>&1 </dev/null ||
    { echo "not ok - $runtime: the tests pass" >>"$django_scratch/results" &&
      cat "$django_scratch/output"; }
  cat "$django_scratch/results" >>"$scratch/report"
  grep -a '^not ok' "$django_scratch/results" || true
  echo "$runtime: $(grep -ac '^ok' "$django_scratch/results" || true) tests pass"
}

expect 'Django: Python 3.10 or later is installed' provide python3-venv \
  is_python_for_django python3 &&
  expect 'Django: the tools are installed' create_django_environment "$django_scratch/tools" \
    -r "$django_source/requirements-dev.txt" && {
  expect 'Django: ruff finds nothing' run_django_tool ruff 'check .' || true
  expect 'Django: ruff would change no format' run_django_tool ruff 'format --check .' || true
  expect 'Django: mypy finds nothing' run_django_tool mypy "--cache-dir $django_scratch/mypy" || true
  run_django_tests "$django_scratch/tools" Django "$django_source" tests
  expect 'Django: the packages are built' build_django_packages &&
    expect 'Django: the packages are installed in a new environment' create_django_environment \
      "$django_scratch/user" "$django_scratch"/dist/*.whl cryptography Django==5.2.19 pytest && {
    run_django_tests "$django_scratch/user" 'Django, live' "$django_source" -o pythonpath= live
    # The suite, with the installed packages: what they store is in a cache of Django.
    (export PYTHONPATH="$django_source/live" && run_django_tests "$django_scratch/user" Django \
      "$django_source/../python" -o pythonpath= --store=cache_of_django:create_store \
      tests/test_conformance.py tests/test_http.py -k 'not asyncio')
  }
} || true
