# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the package as it is built in a new environment of a user.

python_source=$PWD/sdks/python
python_scratch=$scratch/python
# Nothing is written to the checkout.
export PYTHONDONTWRITEBYTECODE=1 RUFF_CACHE_DIR=$python_scratch/ruff
mkdir -p "$python_scratch"

# Whether the Python "$1" is new enough, and can create environments.
is_python_installed() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))'
}

# Creates the environment "$1" with the Python "$2", and installs the packages "$3…".
create_python_environment() {
  environment=$1
  "$2" -m venv "$environment" && shift 2 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# Runs the tests "$4…" in the environment "$1", and writes a line for each to "$2". "$3" is the name
# of the Python in these lines.
run_python_tests() {
  environment=$1 results=$2 runtime=$3
  shift 3
  : >"$results"
  (cd "$python_source" && "$environment/bin/python" -m pytest -p no:cacheprovider \
    --tap="$results" --runtime="$runtime" "$@") >"$results.output" 2>&1 </dev/null ||
    { echo "not ok - $runtime: the tests pass: $*" >>"$results" && cat "$results.output"; }
}

# Adds the lines of "$2…" to the report. Only failures and counts are shown.
report_python_tests() {
  runtime=$1
  shift
  cat "$@" >"$python_scratch/results"
  cat "$python_scratch/results" >>"$scratch/report"
  grep -a '^not ok' "$python_scratch/results" || true
  for vectors in $(sed -nE "s/^(not )?ok - $runtime: ([a-z-]+\.json)[:,].*/\2/p" \
    "$python_scratch/results" | sort -u); do
    cases=$(grep -ac "^ok - $runtime: $vectors[:,]" "$python_scratch/results" || true)
    if grep -aq "^not ok - $runtime: $vectors[:,]" "$python_scratch/results"; then
      echo "not ok - $runtime: $vectors" | report
    else
      echo "ok - $runtime: $vectors ($cases cases)" | report
    fi
  done
  echo "$runtime: $(grep -ac '^ok' "$python_scratch/results" || true) tests pass"
}

# Tests the source in the environment "$1", with "$2" as its name.
test_python_source() {
  base=$python_scratch/results-$(basename "$1")
  # Both clients mostly wait for the scenarios.
  run_python_tests "$1" "$base-async" "$2" tests/test_http.py -k asyncio &
  run_python_tests "$1" "$base-sync" "$2" tests/test_http.py -k 'not asyncio'
  wait $!
  run_python_tests "$1" "$base-others" "$2" tests --ignore tests/test_http.py
  report_python_tests "$2" "$base-async" "$base-sync" "$base-others"
}

run_python_tool() {
  (cd "$python_source" && "$python_scratch/tools/bin/$1" $2)
}

# Checks the types of the example as a user of the package sees them.
check_types_of_package() {
  "$python_scratch/tools/bin/mypy" --strict --cache-dir "$python_scratch/mypy-user" \
    --config-file /dev/null --python-executable "$python_scratch/user/bin/python" \
    "$python_source/examples/editor.py"
}

build_python_package() {
  "$python_scratch/tools/bin/python" -m build --outdir "$python_scratch/dist" "$python_source"
}

expect 'Python: version 3.9 or later is installed' provide python3-venv is_python_installed python3 &&
  expect 'Python: the tools are installed' create_python_environment "$python_scratch/tools" \
    python3 -r "$python_source/requirements-dev.txt" && {
  expect 'Python: ruff finds nothing' run_python_tool ruff 'check .' || true
  expect 'Python: ruff would change no format' run_python_tool ruff 'format --check .' || true
  expect 'Python: mypy finds nothing' run_python_tool mypy "--cache-dir $python_scratch/mypy" || true
  test_python_source "$python_scratch/tools" Python
  expect 'Python: the package is built' build_python_package &&
    expect 'Python: the package is installed in a new environment' create_python_environment \
      "$python_scratch/user" python3 "$(echo "$python_scratch"/dist/*.whl)[offline]" pytest && {
    expect 'Python: the package has types' check_types_of_package || true
    run_python_tests "$python_scratch/user" "$python_scratch/results-live" 'Python, live' \
      -o pythonpath= live
    report_python_tests 'Python, live' "$python_scratch/results-live"
  }
  # Debian has one version of Python. Where the oldest one is installed too, it is tested.
  if is_python_installed python3.9 2>/dev/null; then
    expect 'Python 3.9: the tools are installed' create_python_environment \
      "$python_scratch/oldest" python3.9 'pytest<9' 'cryptography' &&
      test_python_source "$python_scratch/oldest" 'Python 3.9' || true
  fi
} || true
