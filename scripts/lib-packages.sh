# Sourced by the scripts that test Licet with other programs, after lib-setup.sh.

# Installs Debian packages. Its output goes to stderr, because stdout is for the caller.
install_packages() {
  say "Installing the packages: $*"
  {
    apt-get update &&
      DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
  } >&2 || { say "Could not install these packages. Install them, then retry: $*" && return 1; }
}
