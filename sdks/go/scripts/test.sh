# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and programs against the server.

# One package at a time, because the server and other tests use the same cores.
export GOFLAGS="${GOFLAGS:-} -p=1 -buildvcs=false"

is_go_installed() {
  # Older versions read neither the range over functions nor omitzero.
  go version | grep -qE 'go(1\.(2[4-9]|[3-9][0-9])|[2-9])' && (cd sdks/go && go list -m)
}

is_go_formatted() {
  unformatted=$(gofmt -l sdks/go) && [ -z "$unformatted" ] || { echo "$unformatted" && return 1; }
}

has_no_dependencies() {
  (cd sdks/go && [ "$(go list -m all)" = licet.example/go ])
}

# Runs the tests of the packages "$2…". Each is a check of the runtime "$1", but only failures are shown.
run_go_tests() {
  name=$1
  shift
  (cd sdks/go && go test -count=1 -timeout 300s -v "$@") >"$scratch/output" 2>&1 </dev/null && status=0 || status=$?
  # The names of tests have no blanks, and that of a whole file of the suite is the file.
  sed -n -E -e "s/^ *--- PASS: Test([^ ]*\/)?([^ ]*) \([0-9.]+s\)$/ok - $name: \2/p" \
    -e "s/^ *--- FAIL: Test([^ ]*\/)?([^ ]*) \([0-9.]+s\)$/not ok - $name: \2/p" "$scratch/output" |
    sed -E -e 's/_/ /g' -e 's/: (Keys|Hostnames|Tokens|Domains|Clock|Judge|Fingerprints|Offline|Webhooks|HTTP)$/: \L\1.json/' \
      >"$scratch/results"
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests pass" >>"$scratch/results"
  fi
  if grep -q '^not ok' "$scratch/results"; then
    grep -av -e '^=== ' -e '^ *--- PASS' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests pass"
}

compiles_for_windows() {
  (cd sdks/go && CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build .)
}

expect 'Go: version 1.24 or later is installed' provide golang is_go_installed && {
  expect 'Go: the source is formatted' is_go_formatted || true
  expect 'Go: go vet finds nothing' sh -c 'cd sdks/go && go vet ./... && go vet -tags live ./live' || true
  expect 'Go: the module needs only the standard library' has_no_dependencies || true
  expect 'Go: the source compiles for Windows' compiles_for_windows || true
  run_go_tests Go .
  run_go_tests 'Go, live' -tags live ./live
} || true
