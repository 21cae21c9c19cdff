# Sourced by the tests of the PHP packages, with the functions of scripts/lib-checks.sh.

php_source=$PWD/sdks/php
php_scratch=$scratch/php
mkdir -p "$php_scratch"
export COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=$php_scratch/composer COMPOSER_NO_INTERACTION=1

is_php_installed() {
  # PHPUnit finds the interface of PSR-16 on the path of Debian's libraries.
  php -r 'exit(PHP_VERSION_ID >= 80100 && extension_loaded("curl") && extension_loaded("sodium")
    && extension_loaded("intl") && (include "Psr/SimpleCache/autoload.php") !== false ? 0 : 1);' &&
    phpunit --version && composer --version && phpcs --version
}

provide_php() {
  is_php_installed || {
    install_packages php-cli php-curl php-xml php-mbstring php-intl php-psr-simple-cache phpunit \
      composer php-codesniffer && is_php_installed
  }
}

# Runs the tests "$3…" in the directory "$2" with "$1" as the name of the runtime. Each is a check, but
# only failures and counts are shown, and one line for each file of the conformance suite.
run_php_tests() {
  name=$1 directory=$2
  shift 2
  log=$php_scratch/junit.xml
  rm -f "$log"
  (cd "$directory" && phpunit --do-not-cache-result --log-junit "$log" "$@") \
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
  phpcs --standard=PSR12 --exclude=Generic.Files.LineLength,PSR1.Files.SideEffects --ignore='*/views/*' "$@"
}

# Prints the repository of the package in the folder "$1", for Composer. A checkout has no versions.
describe_php_package() {
  cat <<JSON
{ "type": "path", "url": "$php_source/../$1", "options": {
  "symlink": false, "versions": { "licet/licet": "0.1.0", "licet/laravel": "0.1.0" } } }
JSON
}
