# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source with its
# own tests, and the built gem with programs against the server.

gems=$scratch/gems
load='ARGV.flat_map { |folder| Dir["./test/#{folder}/*_test.rb"] }.each { |path| require path }; ARGV.clear'

is_ruby_installed() {
  ruby -e 'exit RUBY_VERSION.split(".").map(&:to_i).then { |version| (version <=> [3, 1, 0]) >= 0 }'
}

has_minitest() {
  ruby -e 'require "minitest"'
}

validate_types() {
  (cd sdks/ruby && ruby -e 'require "rbs"; require "rbs/cli"
    RBS::CLI.new(stdout: $stdout, stderr: $stderr).run(%w[-I sig validate --silent])')
}

build_gem() {
  (cd sdks/ruby && gem build --strict --quiet --output "$scratch/licet.gem" licet.gemspec) &&
    gem install --local --no-document --install-dir "$gems" "$scratch/licet.gem"
}

gem_has_no_dependencies() {
  [ "$(gem specification "$scratch/licet.gem" dependencies)" = '--- []' ]
}

# Runs the tests in the folders "$2…". Each is a check of the runtime "$1", but only failures are shown.
run_ruby_tests() {
  name=$1
  shift
  (cd sdks/ruby && TAP=1 timeout 300 ruby -w -e "$load" "$@") \
    >"$scratch/output" 2>&1 </dev/null && status=0 || status=$?
  # The dots of the progress may come before a test.
  sed -n -E -e "s/^[.FES]*(not )?ok - (.*)/\1ok - $name: \2/p" "$scratch/output" >"$scratch/results"
  if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$scratch/results" || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests pass" >>"$scratch/results"
  fi
  summarize_files >>"$scratch/results"
  if grep -q '^not ok' "$scratch/results"; then
    grep -avE '^[.FES]*(not )?ok - ' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests pass"
}

# Prints a check for each file of the conformance suite, which passes if all of its cases do.
summarize_files() {
  for file in $(grep -aoE "^(not )?ok - $name: [a-z]+\.json" "$scratch/results" | sed 's/.* //' | sort -u); do
    grep -qa "^not ok - $name: $file" "$scratch/results" && echo "not ok - $name: $file" || echo "ok - $name: $file"
  done
}

expect 'Ruby: version 3.1 or later is installed' provide ruby is_ruby_installed &&
  expect 'Ruby: minitest is installed' provide ruby-minitest has_minitest && {
  expect 'Ruby: RuboCop is installed' provide rubocop rubocop --version &&
    expect 'Ruby: RuboCop finds nothing' sh -c 'cd sdks/ruby && rubocop --cache false' || true
  expect 'Ruby: the types are valid' validate_types || true
  run_ruby_tests Ruby conformance unit
  expect 'Ruby: the gem is built and installed' build_gem && {
    expect 'Ruby: the gem needs no other gems' gem_has_no_dependencies || true
    export GEM_HOME="$gems"
    run_ruby_tests 'Ruby, live' live
    unset GEM_HOME
  }
} || true
