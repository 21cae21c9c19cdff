# Sourced by the scripts beside and below it. Enters the checkout, puts the Bun that package.json
# pins on PATH and brings node_modules up to date. It speaks on stderr only: stdout belongs to the
# caller.

CDPATH= cd -- "$(dirname -- "$0")"
until [ -f package.json ]; do cd ..; done
bun_version=$(sed -n 's/.*"packageManager": "bun@\(.*\)".*/\1/p' package.json)

say() {
  echo "$*" >&2
}

# The name that Bun's packages on npm and its release archives share.
bun_build() {
  case $(uname -sm) in
    'Linux x86_64') build=bun-linux-x64 ;;
    'Linux aarch64') build=bun-linux-aarch64 ;;
    'Darwin x86_64') build=bun-darwin-x64 ;;
    'Darwin arm64') build=bun-darwin-aarch64 ;;
    *) say "There is no Bun for $(uname -sm): use Linux or macOS on x64 or arm64." && return 1 ;;
  esac
  case $(ldd /bin/sh 2>&1) in
    *musl*) build=$build-musl ;;
  esac
  echo "$build"
}

# These three leave an unproven Bun at "$1/bun", or fail. Nothing is written outside of "$1".
fetch_by_bun() {
  command -v bun >/dev/null || return 1
  say "Installing Bun $bun_version into .bun with the Bun that is here."
  echo '{}' >"$1/package.json"
  (cd "$1" && BUN_INSTALL_CACHE_DIR=$1/cache bun add "@oven/$2@$bun_version" >&2) &&
    mv "$1/node_modules/@oven/$2/bin/bun" "$1/bun"
}

fetch_by_npm() {
  command -v npm >/dev/null || return 1
  say "Installing Bun $bun_version into .bun with npm."
  npm install --prefix "$1" --cache "$1/cache" --ignore-scripts --no-save --no-audit --no-fund \
    --no-update-notifier --loglevel=error "@oven/$2@$bun_version" >&2 &&
    mv "$1/node_modules/@oven/$2/bin/bun" "$1/bun"
}

fetch_by_curl() {
  command -v curl >/dev/null || return 1
  say "Installing Bun $bun_version into .bun with curl."
  command -v unzip >/dev/null || {
    say 'The download of Bun is a zip archive: install unzip, or npm, and try again.'
    return 1
  }
  curl --fail --location --silent --show-error --output "$1/bun.zip" \
    "https://github.com/oven-sh/bun/releases/download/bun-v$bun_version/$2.zip" &&
    unzip -q "$1/bun.zip" -d "$1" >&2 &&
    mv "$1/$2/bun" "$1/bun"
}

# A subshell, so that its traps end with it. The last step is one rename: all of Bun or nothing.
install_bun() (
  build=$(bun_build)
  mkdir -p .bun
  scratch=$(mktemp -d "$PWD/.bun/installing.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT TERM HUP
  for way in bun npm curl; do
    if "fetch_by_$way" "$scratch" "$build" &&
      [ "$("$scratch/bun" --version)" = "$bun_version" ]; then
      mkdir -p ".bun/$bun_version"
      mv -f "$scratch/bun" ".bun/$bun_version/bun"
      return 0
    fi
    rm -rf "$scratch"/*
  done
  say "Bun $bun_version could not be installed. That takes npm, or any Bun, or curl with unzip."
  return 1
)

own_bun=$PWD/.bun/$bun_version
if [ -x "$own_bun/bun" ] || [ "$(bun --version 2>/dev/null)" != "$bun_version" ]; then
  [ -x "$own_bun/bun" ] || install_bun
  PATH=$own_bun:$PATH
fi

# The stamp is a copy of both files, so any change to either of them is seen.
cat package.json bun.lock | cmp -s - node_modules/.installed-from || bun scripts/lib-install.ts >&2
