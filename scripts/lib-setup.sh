# Sourced by the other scripts, also those of SDKs. Changes to the checkout, puts the Bun version in package.json on PATH
# and updates node_modules. Prints to stderr only, because stdout is for the caller.

CDPATH= cd -- "$(dirname -- "$0")"
until grep -qs '"packageManager": "bun@' package.json; do cd ..; done
bun_version=$(sed -n 's/.*"packageManager": "bun@\(.*\)".*/\1/p' package.json)

say() {
  echo "$*" >&2
}

# Prints the name that Bun's npm packages and release archives have for this machine.
bun_build() {
  case $(uname -sm) in
    'Linux x86_64') build=bun-linux-x64 ;;
    'Linux aarch64') build=bun-linux-aarch64 ;;
    'Darwin x86_64') build=bun-darwin-x64 ;;
    'Darwin arm64') build=bun-darwin-aarch64 ;;
    *) say "Bun does not support $(uname -sm). Use Linux or macOS on x64 or arm64." && return 1 ;;
  esac
  case $(ldd /bin/sh 2>&1) in
    *musl*) build=$build-musl ;;
  esac
  echo "$build"
}

# Each of these downloads Bun to "$1/bun" without checking it. They write only to "$1".
fetch_by_bun() {
  command -v bun >/dev/null || return 1
  say "Installing Bun $bun_version into .bun with the installed Bun."
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
    say 'Bun is downloaded as a zip archive. Install unzip or npm, then try again.'
    return 1
  }
  curl --fail --location --silent --show-error --output "$1/bun.zip" \
    "https://github.com/oven-sh/bun/releases/download/bun-v$bun_version/$2.zip" &&
    unzip -q "$1/bun.zip" -d "$1" >&2 &&
    mv "$1/$2/bun" "$1/bun"
}

# A subshell limits the traps. The last step is a rename, so Bun is installed completely or not at all.
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
  say "Could not install Bun $bun_version. Install npm, any version of Bun, or curl with unzip."
  return 1
)

own_bun=$PWD/.bun/$bun_version
if [ -x "$own_bun/bun" ] || [ "$(bun --version 2>/dev/null)" != "$bun_version" ]; then
  [ -x "$own_bun/bun" ] || install_bun
  PATH=$own_bun:$PATH
fi

# The stamp is a copy of both files, so it differs after any change to them.
cat package.json bun.lock | cmp -s - node_modules/.installed-from || bun scripts/lib-install.ts >&2
