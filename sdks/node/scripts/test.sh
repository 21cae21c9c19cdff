# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh.

packed=$scratch/node
user=$packed/user

pack_node() {
  (cd sdks/node && npm pack --silent --pack-destination "$scratch") &&
    mv "$scratch"/licet-*.tgz "$scratch/licet.tgz"
}

# A project of its own, in a folder whose parent has the tools.
install_node() {
  cp -R sdks/node/packed "$packed" &&
    bun install --frozen-lockfile --cwd "$packed" &&
    mkdir "$user" && mv "$packed"/*.ts "$packed"/*.mjs "$packed"/*.cjs "$packed"/*.cts "$user" &&
    cp "$packed/tsconfig.json" "$user" && echo '{ "private": true, "type": "module" }' >"$user/package.json" &&
    npm install --prefix "$user" --no-audit --no-fund --loglevel=error "$scratch/licet.tgz"
}

tool_of_node() {
  tool=$1
  shift
  (cd "$user" && node "../node_modules/.bin/$tool" "$@")
}

test_node_package() {
  run package bun "$user/contents.ts" "$scratch/licet.tgz" "$user/node_modules/licet"
  expect 'package: publint finds nothing' tool_of_node publint --strict node_modules/licet || true
  expect 'package: the types are right for every kind of import' \
    tool_of_node attw --profile node16 "$scratch/licet.tgz" || true
  expect 'package: programs compile as modules of Node' tool_of_node tsc -p . || return 0
  expect 'package: programs compile for a bundler' tool_of_node tsc -p . --noEmit \
    --module esnext --moduleResolution bundler || true
  expect 'package: programs compile with the newest compiler' \
    bun node_modules/.bin/tsc -p "$user" --noEmit || true
  cp "$user/built/"* "$user"
}

test_node_live() {
  for program in entries.mjs entries.cjs live-admin.js; do
    run Node node "$user/$program" Node
    run Bun bun "$user/$program" Bun
  done
}

expect 'package: is built and packed' pack_node &&
  expect 'package: is installed in a new project' install_node && {
  test_node_package
  test_node_live
} || true
