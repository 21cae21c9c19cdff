# Sourced by the scripts that test Licet with other programs, after lib-packages.sh. A check is a line
# in $scratch/report: "ok - name" or "not ok - name".

scratch=$(mktemp -d)
server=
front=
clean_up() {
  [ -z "$front" ] || { kill "$front" && wait "$front"; } || true
  [ -z "$server" ] || { kill "$server" && wait "$server"; } || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
: >"$scratch/report"

report() {
  tee -a "$scratch/report"
}

# Runs a command as one check of the name "$1". Its output is shown only if it fails.
expect() {
  name=$1
  shift
  if "$@" >"$scratch/output" 2>&1 </dev/null; then
    echo "ok - $name" | report
  else
    echo "not ok - $name" | report
    sed 's/^/  /' "$scratch/output"
    return 1
  fi
}

# Runs the program of the client "$1", which prints its own checks.
run() {
  name=$1
  shift
  { "$@" 2>&1 || echo "not ok - $name: the program exits with 0"; } | report
}

# Runs the command "$2…", after installing the Debian packages "$1" if it fails.
provide() {
  package=$1
  shift
  "$@" && return
  install_packages $package && "$@"
}

# Starts the server with the command "$@", and sets LICET_URL, LICET_TOKEN and LICET_DATA_DIR.
start_server() {
  LICET_PORT=$(bun -e 'console.log(Bun.serve({ port: 0, fetch: () => new Response() }).port)
    process.exit()')
  LICET_TOKEN=the-token-of-the-client-tests
  LICET_URL=http://127.0.0.1:$LICET_PORT
  LICET_DATA_DIR=$scratch/data
  export LICET_TOKEN LICET_URL LICET_DATA_DIR
  LICET_PORT=$LICET_PORT LICET_ADMIN_TOKEN=$LICET_TOKEN LICET_LOG_LEVEL=error "$@" serve \
    >"$scratch/server" 2>&1 &
  server=$!
  bun -e 'for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`${process.env.LICET_URL}/readyz`).catch(() => null)
    if (response?.ok) process.exit(0)
    await Bun.sleep(100)
  }
  process.exit(1)' || { cat "$scratch/server" && return 1; }
}

# Puts an edge of the program "$1" in front of the server, and sets LICET_URL to the address of both.
start_edge() {
  bun scripts/edge-front.ts "$1" "$scratch/edge" >"$scratch/front" 2>&1 &
  front=$!
  bun -e 'for (let attempt = 0; attempt < 300; attempt++) {
    if ((await Bun.file(process.argv[1]).text()).startsWith("http")) process.exit(0)
    await Bun.sleep(100)
  }
  process.exit(1)' "$scratch/front" && LICET_URL=$(cat "$scratch/front") || { cat "$scratch/front" && return 1; }
}

# Prints the counts as the last line. Fails if a check has failed, or if there was none.
finish() {
  passed=$(grep -c '^ok - ' "$scratch/report" || true)
  failed=$(grep -c '^not ok - ' "$scratch/report" || true)
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
