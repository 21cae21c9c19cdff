# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the package as Composer installs it in a new project of a user.

. sdks/php/scripts/lib.sh

# Lists the settings of PHP without the extension intl.
write_php_without_intl() {
  mkdir -p "$php_scratch/conf" &&
    cp -L "$(php -r 'echo dirname(explode(",", php_ini_scanned_files())[0]);')"/*.ini "$php_scratch/conf" &&
    rm -f "$php_scratch/conf/"*intl.ini
}

install_php() {
  mkdir -p "$php_scratch/user" && (cd "$php_scratch/user" && echo '{}' >composer.json &&
    composer config repositories.packagist.org false &&
    composer config repositories.licet "$(describe_php_package php)" &&
    composer require 'licet/licet:^0.1')
}

expect 'PHP: version 8.1 or later is installed' provide_php && {
  expect 'PHP: the style is PSR-12' check_php_style "$php_source" || true
  expect 'PHP: composer.json is valid' composer validate --strict "$php_source/composer.json" || true
  run_php_tests PHP "$php_source" tests
  expect 'PHP without intl: is set up' write_php_without_intl && {
    PHP_INI_SCAN_DIR=$php_scratch/conf
    export PHP_INI_SCAN_DIR
    run_php_tests 'PHP without intl' "$php_source" tests/Conformance/ValuesTest.php
    unset PHP_INI_SCAN_DIR
  }
  expect 'PHP: the package is installed in a new project' install_php && {
    export AUTOLOAD="$php_scratch/user/vendor/autoload.php" SCRATCH="$php_scratch"
    run_php_tests 'PHP, live' "$php_source" --no-configuration --bootstrap "$AUTOLOAD" live
    unset AUTOLOAD SCRATCH
  }
} || true
