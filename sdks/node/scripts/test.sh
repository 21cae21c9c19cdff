# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the packed SDK in a new project of a user.

packed=$scratch/node
user=$packed/user

# Compiles the source and its tests to a copy of the repository in which the same paths exist, because
# Node 20 runs no TypeScript.
compile_node_tests() {
  copy=$scratch/copy
  mkdir -p "$copy/sdks/node" &&
    cp sdks/node/package.json "$copy/sdks/node" &&
    ln -s "$PWD/openapi.json" "$copy" &&
    ln -s "$PWD/sdks/conformance" "$copy/sdks" &&
    bun node_modules/.bin/tsc -p sdks/node --noEmit false --outDir "$copy/sdks/node"
}

run_tests_on_node() {
  (cd "$copy/sdks/node" && node --test --test-reporter=tap $(find test -name '*.test.js'))
}

run_tests_on_bun() {
  (cd sdks/node && bun test)
}

# The conformance tests for browsers and Workers, bundled with the web platform.
run_tests_in_chromium() {
  bun sdks/node/web-tests/run.ts page.ts "$scratch/page.js" bun sdks/node/web-tests/chromium.ts
}

run_tests_in_workerd() {
  bun sdks/node/web-tests/run.ts worker.ts "$scratch/worker.js" node "$user/workerd.mjs"
}

# Runs the tests of the source with the command "$2". Each is a check, but only failures are shown.
run_source_tests() {
  name=$1
  "$2" >"$scratch/output" 2>&1 </dev/null && status=0 || status=$?
  sed -n -E -e "s/^(ok( [0-9]+)? -|\(pass\)) /ok - $name: /p" \
    -e "s/^(not ok( [0-9]+)? -|\(fail\)) /not ok - $name: /p" "$scratch/output" >"$scratch/results"
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests of the source pass" >>"$scratch/results"
  fi
  if grep -q '^not ok' "$scratch/results"; then
    grep -av -e '^ok' -e '^(pass)' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests of the source pass"
}

pack_node() {
  (cd sdks/node && npm pack --silent --pack-destination "$scratch") &&
    mv "$scratch"/licet-*.tgz "$scratch/licet.tgz"
}

# A project of its own, in a folder whose parent has the tools.
install_node() {
  cp -R sdks/node/packed "$packed" && bun install --frozen-lockfile --cwd "$packed" &&
    mkdir "$user" && (cd "$packed" && mv ./*.ts ./*.mjs ./*.cjs ./*.cts ./tsconfig*.json "$user") &&
    echo '{ "private": true, "type": "module" }' >"$user/package.json" &&
    npm install --prefix "$user" --no-audit --no-fund --loglevel=error "$scratch/licet.tgz"
}

# Runs a program of the tools in the project.
run_tool() {
  tool=$1
  shift
  (cd "$user" && node "../node_modules/.bin/$tool" "$@")
}

test_package() {
  run package bun "$user/contents.ts" "$scratch/licet.tgz" "$user/node_modules/licet"
  expect 'package: publint finds nothing' run_tool publint --strict node_modules/licet || true
  expect 'package: the types are right for every kind of import' \
    run_tool attw --profile node16 "$scratch/licet.tgz" || true
  expect 'package: programs compile for a bundler' run_tool tsc -p tsconfig.bundler.json || true
  expect 'package: programs compile with the newest compiler' \
    bun node_modules/.bin/tsc -p "$user" --noEmit || true
  expect 'package: programs compile for Node' run_tool tsc -p . && cp "$user/built/"* "$user"
}

test_live() {
  for program in entries.mjs entries.cjs live-admin.js live-client.js; do
    run Node node "$user/$program" Node
    run Bun bun "$user/$program" Bun
  done
  cp -R sdks/node/examples "$user" && mkdir -p "$user/node_modules/electron" &&
    cp "$user/electron.mjs" "$user/node_modules/electron/index.mjs" &&
    echo '{ "main": "index.mjs" }' >"$user/node_modules/electron/package.json" &&
    (cd "$user" && run Node node live-examples.js Node)
}

# Bundles the program "$2" for the runtime "$1", with what it needs to check licenses on the server.
bundle_live() {
  target=$(bun "$user/live-target.js" "$1") &&
    bun build "$user/$2" --outfile "$scratch/$1.js" --target browser --conditions "$3" \
      --define "TARGET=$target" --define "RUNTIME='$1'"
}

is_node_installed() {
  node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)'
}

run_source_tests Bun run_tests_on_bun
expect 'Node: version 20 or later is installed' is_node_installed &&
  expect 'Node: the source and its tests compile' compile_node_tests &&
  run_source_tests Node run_tests_on_node || true
expect 'package: is built and packed' pack_node &&
  expect 'package: is installed in a new project' install_node && {
  test_package && {
    test_live
    expect 'workerd: a Worker is bundled' bundle_live workerd live-worker.js workerd &&
      run workerd node "$user/workerd.mjs" "$scratch/workerd.js"
  }
  run_source_tests workerd run_tests_in_workerd
  expect 'Chromium: is installed' provide chromium chromium --version && {
    run_source_tests Chromium run_tests_in_chromium
    expect 'Chromium: a page is bundled' bundle_live Chromium live-page.js browser &&
      run Chromium bun sdks/node/web-tests/chromium.ts "$scratch/Chromium.js"
  }
} || true
