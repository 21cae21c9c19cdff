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

# Prints the count of "$1" (pass, fail, skip) in the summary of bun test. A test may print a similar line, but
# Bun's own is the last one.
count() {
  sed -n "s/^ *\([0-9][0-9]*\) $1\$/\1/p" "$report/output" | tail -n 1
}

# How often a failed test is run again. What passes only then says so: (attempt 2).
# shellcheck disable=SC2034
retries=${TEST_RETRIES:-0}
