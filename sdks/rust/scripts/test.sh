# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the packed crate in a new project of a user.

rust_user=$scratch/rust-user
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$scratch/rust-target}
export CARGO_TARGET_DIR

# Debian 12 has an old Rust, and a newer one for its browsers, in the package cargo-web.
is_rust_installed() {
  cargo --version && rustc --version | grep -qE '^rustc (1\.(8[89]|9[0-9]|[1-9][0-9]{2,})|[2-9])'
}

run_cargo() {
  (cd sdks/rust && cargo "$@")
}

# Runs the tests "$2…". Each is a check of the runtime "$1", but only failures are shown.
run_rust_tests() {
  name=$1
  shift
  run_cargo test --quiet --features internals "$@" -- --format pretty --color never \
    >"$scratch/output" 2>&1 </dev/null && status=0 || status=$?
  sed -n -E -e "s/^test (.*[^ ]) *\.\.\. ok$/ok - $name: \1/p" \
    -e "s/^test (.*[^ ]) *\.\.\. FAILED$/not ok - $name: \1/p" "$scratch/output" >"$scratch/results"
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests pass ($*)" >>"$scratch/results"
  fi
  if grep -q '^not ok' "$scratch/results"; then
    grep -av '\.\.\. ok$' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests pass ($*)"
}

pack_rust() {
  run_cargo package --allow-dirty --no-verify &&
    tar -xzf "$CARGO_TARGET_DIR/package/licet-0.1.0.crate" -C "$scratch"
}

# The crate must have its texts, and nothing of the repository.
check_rust_contents() {
  (cd "$scratch/licet-0.1.0" && test -f README.md && test -f LICENSE && test -f CHANGELOG.md &&
    test -f examples/editor.rs && ! test -e tests && ! test -e scripts)
}

# Builds the first example of the README, as it is, with the packed crate.
build_rust_example() {
  mkdir -p "$rust_user/src" &&
    sed -n '/^## First check/,/^## When/{/^```rust$/,/^```$/p;}' sdks/rust/README.md |
    sed '/^```/d' >"$rust_user/src/main.rs" &&
    printf '[package]\nname = "first-check"\nversion = "0.0.0"\nedition = "2021"\n%s\n' \
      "[dependencies]
licet = { path = \"$scratch/licet-0.1.0\", default-features = false, features = [\"http\"] }" \
      >"$rust_user/Cargo.toml" &&
    LICET_PUBLIC_KEYS=$(bun -e 'const url = `${process.env.LICET_URL}/.well-known/licet/jwks.json`
      const { keys } = await (await fetch(url)).json()
      console.log(keys.map(({ x }) => x).join())') &&
    export LICET_PUBLIC_KEYS &&
    (cd "$rust_user" && cargo build --quiet)
}

# Issues a license, and runs the example with its key.
run_rust_example() {
  license_key=$(bun -e 'const { LICET_URL, LICET_TOKEN } = process.env
    const post = async (path, body) => {
      const headers = { authorization: `Bearer ${LICET_TOKEN}`, "content-type": "application/json" }
      const request = { method: "POST", headers, body: JSON.stringify(body) }
      const response = await fetch(`${LICET_URL}/api/v1/${path}`, request)
      if (!response.ok) throw new Error(await response.text())
      return await response.json()
    }
    await post("products", { slug: "rust-readme", name: "Readme", key_prefix: "README" })
    await post("plans", { slug: "rust-readme", product: "rust-readme", name: "Readme" })
    const order = { plan: "rust-readme", customer_email: "dev@example.com" }
    console.log((await post("licenses", order)).key)') &&
    said=$(LICENSE_KEY=$license_key XDG_CONFIG_HOME=$scratch/rust-home \
      "$CARGO_TARGET_DIR/debug/first-check") &&
    [ "$said" = 'allowed: true, ' ]
}

expect 'Rust: version 1.88 or later is installed' provide cargo-web is_rust_installed && {
  expect 'Rust: rustfmt has nothing to change' run_cargo fmt --check || true
  expect 'Rust: clippy finds nothing' \
    run_cargo clippy --quiet --all-targets --features internals -- -D warnings || true
  expect 'Rust: builds without HTTP and the management API' \
    run_cargo clippy --quiet --no-default-features -- -D warnings || true
  expect 'Rust: the documentation has no dead links' \
    env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --manifest-path sdks/rust/Cargo.toml ||
    true
  expect 'Rust: the example app is built' run_cargo build --quiet --example editor || true
  run_rust_tests Rust --lib
  run_rust_tests Rust --doc
  run_rust_tests Rust --test conformance
  run_rust_tests Rust --test client
  run_rust_tests 'Rust, live' --test live
  expect 'Rust: the crate is packed' pack_rust && {
    expect 'Rust: the crate has its texts only' check_rust_contents || true
    expect 'Rust: the example of the README compiles as it is' build_rust_example &&
      expect 'Rust, live: the example of the README is allowed by the server' run_rust_example || true
  }
} || true
