# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the library in a real
# WordPress, and the example plugin from its ZIP file, with a database of their own.

. sdks/php/scripts/lib.sh

wordpress_source=$PWD/sdks/wordpress
wordpress_scratch=$scratch/wordpress
wordpress_database=

is_wordpress_installed() {
  [ -f /usr/share/wordpress/wp-load.php ] && php -r 'exit(extension_loaded("mysqli") ? 0 : 1);' &&
    PATH=$PATH:/usr/sbin command -v mariadbd mariadb-install-db
}

provide_wordpress() {
  provide_php && {
    is_wordpress_installed || {
      install_packages wordpress mariadb-server php-cli php-mysql php-curl php-xml php-mbstring &&
        is_wordpress_installed
    }
  }
}

# Starts a database that only this test can reach. Paths of sockets are short.
start_wordpress_database() {
  mkdir -p "$wordpress_scratch" && WORDPRESS_SOCKET=$scratch/mysql.sock && export WORDPRESS_SOCKET &&
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$wordpress_scratch/data" \
      --auth-root-authentication-method=normal --skip-test-db &&
    PATH=$PATH:/usr/sbin && {
    mariadbd --no-defaults --user="$(id -un)" --datadir="$wordpress_scratch/data" --skip-networking \
      --socket="$WORDPRESS_SOCKET" --pid-file="$wordpress_scratch/pid" >"$wordpress_scratch/log" 2>&1 &
    wordpress_database=$!
  }
  for attempt in $(seq 100); do
    mariadb --no-defaults --user=root --socket="$WORDPRESS_SOCKET" --execute='CREATE DATABASE wordpress' && return
    sleep 0.1
  done
  cat "$wordpress_scratch/log" && return 1
}

build_wordpress_plugin() {
  php "$wordpress_source/scripts/build-zip.php" "$wordpress_source/examples/acme-reports" AcmeReports \
    "$wordpress_scratch/acme-reports.zip"
}

install_wordpress() {
  WORDPRESS=$wordpress_scratch/site && export WORDPRESS && cp -RL /usr/share/wordpress "$WORDPRESS" &&
    cp "$wordpress_source/tests/wp-config.php" "$WORDPRESS/wp-config.php" &&
    php "$wordpress_source/tests/install.php" "$wordpress_scratch/acme-reports.zip" &&
    WORDPRESS_NETWORK=new php "$wordpress_source/tests/install.php"
}

# WordPress wants to be loaded before anything else, and not within a function.
phpunit_in_wordpress() {
  command php -d auto_prepend_file="$wordpress_source/tests/load.php" "$wordpress_phpunit" "$@"
}

# Tests the plugin with a server of its own, which may deliver webhooks to this machine.
test_wordpress_live() (
  reports=$scratch
  scratch=$wordpress_scratch
  LICET_WEBHOOK_ALLOW_CIDRS=127.0.0.0/8
  export LICET_WEBHOOK_ALLOW_CIDRS
  start_server dist/licet || { echo 'not ok - WordPress, live: the server starts' >>"$reports/report" && return; }
  scratch=$reports
  run_php_tests 'WordPress, live' "$wordpress_source" --no-configuration --bootstrap ../php/tests/bootstrap.php live
  kill "$server" && wait "$server" || true
)

# The database ends with this subshell.
test_wordpress() (
  trap 'kill "$wordpress_database" && wait "$wordpress_database"' EXIT
  trap 'exit 130' INT TERM HUP
  expect 'WordPress: the database starts' start_wordpress_database &&
    expect 'WordPress: the ZIP file of the example is built' build_wordpress_plugin &&
    expect 'WordPress: is installed with the plugin' install_wordpress || return
  wordpress_phpunit=$(command -v phpunit)
  phpunit() { phpunit_in_wordpress "$@"; }
  run_php_tests WordPress "$wordpress_source" tests
  export WORDPRESS_NETWORK=installed
  run_php_tests 'WordPress, network' "$wordpress_source" tests
  unset WORDPRESS_NETWORK
  # The scenarios are those of the PHP SDK, but requests are sent by WordPress.
  run_php_tests WordPress "$php_source" --no-configuration --bootstrap "$wordpress_source/tests/conformance.php" \
    tests/Conformance/HttpTest.php
  unset -f phpunit
  test_wordpress_live
)

expect 'WordPress: 6.1 or later is installed' provide_wordpress && {
  expect 'WordPress: the style is PSR-12' check_php_style "$wordpress_source" || true
  expect 'WordPress: composer.json is valid' composer validate --strict "$wordpress_source/composer.json" || true
  test_wordpress || true
} || true
