# Sourced by the scripts that test Licet with other programs, after lib-setup.sh.

# Installs Debian packages. Its output goes to stderr, because stdout is for the caller.
install_packages() {
  say "Installing the packages: $*"
  {
    # Another program may be installing packages.
    apt-get -o DPkg::Lock::Timeout=400 update &&
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400 \
        install --yes --no-install-recommends "$@"
  } >&2 || { say "Could not install these packages. Install them, then retry: $*" && return 1; }
}
