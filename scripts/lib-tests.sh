# Sourced by the scripts that run bun test, after lib-setup.sh.

# Builds the binary, unless it is newer than the source.
if [ ! -x dist/licet ] ||
  [ -n "$(find src package.json bun.lock tsconfig.json scripts/build -newer dist/licet)" ]; then
  scripts/build --quiet || { echo '0 passed, 1 failed' && exit 1; }
fi

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
trap 'exit 130' INT TERM HUP
# One more than there are cores, because some tests wait for timers of a server.
# shellcheck disable=SC2034
workers=$(($(getconf _NPROCESSORS_ONLN) + 1))

status=0
passed=0
failed=0

# Runs bun test with "$2…", writes the report "$1" in the format of JUnit, and adds to `passed` and `failed`. With
# TEST_REPEAT=1, files with a failure then run once more, alone: the machine is shared, and may have been too busy.
run_tests() {
  name=$1
  shift
  run_once "$name" "$@"
  now_passed=$(count pass)
  now_failed=$(count fail)
  now_skipped=$(count skip)
  files=$(list_failed_files "$report/$name.xml")
  if [ "${TEST_REPEAT:-}" = 1 ] && [ "$ended" -ne 0 ] && [ -n "$files" ]; then
    total=$((now_passed + now_failed))
    repeat "$@"
    now_failed=$(count fail)
    now_passed=$((total - now_failed))
    [ "$ended" -ne 0 ] || echo "$files" | sed 's/^/Passed only when it was repeated: /'
  fi
  # A skipped test proves nothing.
  if [ "${now_skipped:-0}" -gt 0 ]; then
    say "Skipped tests: $now_skipped. Move those that need other programs to test/system."
    ended=1
  fi
  # If Bun exits before its summary, that is a failure too.
  if [ "$ended" -ne 0 ] && [ "$((${now_failed:-0} + ${now_skipped:-0}))" -eq 0 ]; then now_failed=1; fi
  [ "$ended" -eq 0 ] || status=1
  passed=$((passed + ${now_passed:-0}))
  failed=$((failed + ${now_failed:-0} + ${now_skipped:-0}))
}

# Runs bun test with "$2…". Sets `ended` to its status.
run_once() {
  xml=$report/$1.xml
  shift
  echo 1 >"$report/status"
  { bun test --no-isolate --reporter=junit --reporter-outfile="$xml" "$@" 2>&1 && echo 0 >"$report/status"; } |
    tee "$report/output"
  ended=$(cat "$report/status")
}

# Runs `files` again, one after the other, with the options in "$@".
repeat() {
  for argument; do
    shift
    case $argument in
    --parallel=*) ;;
    --*) set -- "$@" "$argument" ;;
    esac
  done
  say "Repeating files with failures: $(echo "$files" | tr '\n' ' ')"
  # shellcheck disable=SC2086
  run_once repeated "$@" $files
}

# Prints the files with a failure in the report "$1". Prints none if a failure belongs to no file.
list_failed_files() {
  [ -f "$1" ] || return 0
  bun scripts/failed-files.ts "$1" "$(count fail)"
}

# Prints the count of "$1" (pass, fail, skip) in the summary of bun test. A test may print a similar line, but
# Bun's own is the last one.
count() {
  sed -n "s/^ *\([0-9][0-9]*\) $1\$/\1/p" "$report/output" | tail -n 1
}
