# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the example app with the packages as Composer installs them.

. sdks/php/scripts/lib.sh

laravel_source=$PWD/sdks/laravel
laravel_app=$scratch/laravel/app

has_laravel() {
  php -r 'exit((include "Illuminate/autoload.php") === false ? 1 : 0);'
}

provide_laravel() {
  provide_php && provide php-laravel-framework has_laravel
}

# Laravel itself comes from Debian, so the app says that it provides it.
install_laravel_app() {
  mkdir -p "$scratch/laravel" && cp -R "$laravel_source/examples/app" "$laravel_app" && (
    cd "$laravel_app" && mkdir -p bootstrap/cache storage/framework/views storage/logs storage/app &&
      echo '{ "provide": { "illuminate/cache": "8.83.26", "illuminate/console": "8.83.26",
        "illuminate/http": "8.83.26", "illuminate/routing": "8.83.26", "illuminate/support": "8.83.26" } }' \
        >composer.json &&
      composer config repositories.packagist.org false &&
      for package in php laravel; do
        composer config "repositories.$package" \
          "$(describe_php_package "$package")" || return
      done &&
      composer require 'licet/laravel:^0.1' &&
      echo "<?php require_once 'Illuminate/autoload.php'; require __DIR__ . '/vendor/autoload.php';" >autoload.php
  )
}

# Tests the app with a server of its own, which may deliver webhooks to this machine.
test_laravel_live() (
  reports=$scratch
  scratch=$scratch/laravel
  LICET_WEBHOOK_ALLOW_CIDRS=127.0.0.0/8
  export LICET_WEBHOOK_ALLOW_CIDRS
  start_server dist/licet || { echo 'not ok - Laravel, live: the server starts' >>"$reports/report" && return; }
  scratch=$reports
  AUTOLOAD=$laravel_app/autoload.php APP=$laravel_app
  export AUTOLOAD APP
  run_php_tests 'Laravel, live' "$laravel_source" --no-configuration --bootstrap "$AUTOLOAD" live
  kill "$server" && wait "$server" || true
)

expect 'Laravel: version 8 or later is installed' provide_laravel && {
  expect 'Laravel: the style is PSR-12' check_php_style "$laravel_source" || true
  expect 'Laravel: composer.json is valid' composer validate --strict "$laravel_source/composer.json" || true
  run_php_tests Laravel "$laravel_source" tests
  expect 'Laravel: the packages are installed in the example app' install_laravel_app && test_laravel_live
} || true
