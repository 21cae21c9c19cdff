# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh and lib-packages.sh. Builds the
# Java SDK with all of its tests, those against the server too. What it builds is in $scratch.

java_built=$scratch/java

is_jdk_installed() {
  javac -version 2>&1 | grep -Eq '^javac (1[7-9]|[2-9][0-9])'
}

# A failed test does not end the build: it is in the report.
build_java() {
  mvn --batch-mode --quiet --file sdks/java package "-Dlicet.target=$java_built" -DexcludedGroups= \
    "-Dlicet.report=$scratch/java.report" -Dmaven.test.failure.ignore=true
}

# Each test is a check, but only failures are shown.
report_java_tests() {
  touch "$scratch/java.report"
  sed -E -e 's/^(not )?ok - /&Java: /' -e 's/: live: /, live: /' "$scratch/java.report" >"$scratch/results"
  for program in 'Java' 'Java, live'; do
    grep -q "^ok - $program: " "$scratch/results" ||
      echo "not ok - $program: tests are found" >>"$scratch/results"
  done
  summarize_java_files >>"$scratch/results"
  if grep '^not ok' "$scratch/results"; then
    sed 's/^/  /' "$scratch/java.log"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "Java: $(grep -c '^ok' "$scratch/results" || true) tests pass"
}

# Prints a check for each file of the conformance suite, which passes if all of its cases do.
summarize_java_files() {
  for file in $(grep -aoE '^(not )?ok - Java: [a-z]+\.json' "$scratch/results" | sed 's/.* //' | sort -u); do
    grep -qa "^not ok - Java: $file" "$scratch/results" && echo "not ok - Java: $file" || echo "ok - Java: $file"
  done
}

build_and_log_java() {
  build_java >"$scratch/java.log" 2>&1
}

are_java_archives_complete() {
  jar --list --file "$java_built/licet-0.1.0-sources.jar" | grep -q dev/licet/Licet.java &&
    jar --list --file "$java_built/licet-0.1.0-javadoc.jar" | grep -q dev/licet/Licet.html &&
    jar --list --file "$java_built/licet-0.1.0.jar" | grep -q META-INF/LICENSE
}

is_java_module_closed() {
  exports=$(jar --describe-module --file "$java_built/licet-0.1.0.jar" | grep -c '^exports')
  [ "$exports" -eq 2 ]
}

test_java() {
  expect 'Java: the SDK is built without warnings' build_and_log_java && is_java_built=yes || is_java_built=
  report_java_tests
  [ -z "$is_java_built" ] || {
    expect 'Java: the packages have the classes, sources, documentation and license' \
      are_java_archives_complete || true
    expect 'Java: the module exports its two packages only' is_java_module_closed || true
  }
}

expect 'Java: a JDK of version 17 or later is installed' provide default-jdk-headless is_jdk_installed &&
  expect 'Java: Maven is installed' provide maven mvn --version && test_java || true
