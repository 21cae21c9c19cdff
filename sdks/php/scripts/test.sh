# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the package as Composer installs it in a new project of a user.

php_source=$PWD/sdks/php
php_scratch=$scratch/php
php_packages='php-cli php-curl php-xml php-mbstring php-intl php-psr-simple-cache phpunit composer php-codesniffer'
mkdir -p "$php_scratch"
export COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=$php_scratch/composer COMPOSER_NO_INTERACTION=1

is_php_installed() {
  # PHPUnit finds the interface of PSR-16 on the path of Debian's libraries.
  php -r 'exit(PHP_VERSION_ID >= 80100 && extension_loaded("curl") && extension_loaded("sodium")
    && extension_loaded("intl") && (include "Psr/SimpleCache/autoload.php") !== false ? 0 : 1);' &&
    phpunit --version && composer --version && phpcs --version
}

provide_php() {
  is_php_installed || { install_packages $php_packages && is_php_installed; }
}

# Runs the tests "$3…" with the runtime "$1" and the PHP settings "$2". Each is a check, but only failures
# and counts are shown, and one line for each file of the conformance suite.
run_php_tests() {
  name=$1 settings=$2
  shift 2
  log=$php_scratch/junit.xml
  rm -f "$log"
  (cd "$php_source" && php $settings "$(command -v phpunit)" --log-junit "$log" "$@") \
    >"$scratch/output" 2>&1 </dev/null && status=0 || status=$?
  NAME=$name php -r '
    $results = [];
    foreach ((new SimpleXMLElement(file_get_contents($argv[1])))->xpath("//testcase") as $case) {
      $words = strtolower(preg_replace("/(?<!^)[A-Z]/", " $0", substr($case["name"], 4)));
      $title = preg_match("/with data set \"(.*)\"$/s", $case["name"], $match) ? $match[1] : $words;
      $result = count($case->children()) ? "not ok" : "ok";
      echo "$result - ", getenv("NAME"), ": ", strtr(trim($title), "\n", " "), "\n";
    }' "$log" >"$scratch/results" || true
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests pass" >>"$scratch/results"
    sed 's/^/  /' "$scratch/output"
  fi
  grep -a '^not ok' "$scratch/results" || true
  cat "$scratch/results" >>"$scratch/report"
  for vectors in $(sed -nE "s/^(not )?ok - $name: ([a-z-]+\.json): .*/\2/p" "$scratch/results" | sort -u); do
    cases=$(grep -ac "^ok - $name: $vectors: " "$scratch/results" || true)
    if grep -aq "^not ok - $name: $vectors: " "$scratch/results"; then
      echo "not ok - $name: $vectors" | report
    else
      echo "ok - $name: $vectors ($cases cases)" | report
    fi
  done
  echo "$name: $(grep -ac '^ok' "$scratch/results" || true) tests pass"
}

check_php_style() {
  phpcs --standard=PSR12 --exclude=Generic.Files.LineLength \
    "$php_source/src" "$php_source/tests" "$php_source/live" "$php_source/examples"
}

# Lists the settings of PHP without the extension intl.
write_php_without_intl() {
  mkdir -p "$php_scratch/conf" &&
    cp -L "$(php -r 'echo dirname(explode(",", php_ini_scanned_files())[0]);')"/*.ini "$php_scratch/conf" &&
    rm -f "$php_scratch/conf/"*intl.ini
}

install_php() {
  mkdir -p "$php_scratch/user" && (cd "$php_scratch/user" && echo '{}' >composer.json &&
    composer config repositories.packagist.org false &&
    composer config repositories.licet "{\"type\":\"path\",\"url\":\"$php_source\",\"options\":{\"symlink\":false}}" &&
    composer require 'licet/licet:*@dev')
}

expect 'PHP: version 8.1 or later is installed' provide_php && {
  expect 'PHP: the style is PSR-12' check_php_style || true
  expect 'PHP: composer.json is valid' composer validate --strict "$php_source/composer.json" || true
  run_php_tests PHP '' tests
  expect 'PHP without intl: is set up' write_php_without_intl && {
    PHP_INI_SCAN_DIR=$php_scratch/conf
    export PHP_INI_SCAN_DIR
    run_php_tests 'PHP without intl' '' tests/Conformance/ValuesTest.php
    unset PHP_INI_SCAN_DIR
  }
  expect 'PHP: the package is installed in a new project' install_php && {
    export AUTOLOAD="$php_scratch/user/vendor/autoload.php" SCRATCH="$php_scratch"
    run_php_tests 'PHP, live' '' --no-configuration --bootstrap "$AUTOLOAD" live
    unset AUTOLOAD SCRATCH
  }
} || true
