# Sourced by scripts/test-sdks, with the functions of scripts/lib-checks.sh. Tests the source, and the
# provider with a real Terraform and OpenTofu against the server.

# One package at a time, because the server and other tests use the same cores.
export GOFLAGS="${GOFLAGS:-} -p=1 -buildvcs=false"
# What was built is kept for the next run.
tools=${XDG_CACHE_HOME:-$HOME/.cache}/licet-tests/terraform

is_go_installed() {
  go version | grep -qE 'go(1\.(2[5-9]|[3-9][0-9])|[2-9])' && (cd sdks/terraform && go list -m)
}

is_provider_formatted() {
  unformatted=$(gofmt -l sdks/terraform) && [ -z "$unformatted" ] || { echo "$unformatted" && return 1; }
}

in_provider() {
  (cd sdks/terraform && "$@")
}

# The last version of Terraform under the MPL.
build_terraform() {
  [ -x "$tools/terraform-1.5.7" ] && return
  mkdir -p "$tools" && GOBIN="$scratch/bin" go install github.com/hashicorp/terraform@v1.5.7 &&
    mv "$scratch/bin/terraform" "$tools/terraform-1.5.7"
}

# OpenTofu replaces a module, which go install refuses.
build_tofu() {
  [ -x "$tools/tofu-1.10.6" ] && return
  mkdir -p "$tools" "$scratch/tofu" && (
    cd "$scratch/tofu" && go mod init tofu &&
      go mod edit -replace \
        github.com/hashicorp/hcl/v2@v2.20.1=github.com/opentofu/hcl/v2@v2.20.2-0.20250121132637-504036cd70e7 &&
      go get -tool github.com/opentofu/opentofu/cmd/tofu@v1.10.6 &&
      go build -o tofu github.com/opentofu/opentofu/cmd/tofu && mv tofu "$tools/tofu-1.10.6"
  )
}

# Runs the Go tests "$2…". Each is a check of the runtime "$1", but only failures are shown.
run_provider_tests() {
  name=$1
  shift
  (cd sdks/terraform && go test -count=1 -timeout 550s -v "$@") >"$scratch/output" 2>&1 </dev/null &&
    status=0 || status=$?
  sed -n -E -e "s/^--- PASS: Test([^ ]*) \([0-9.]+s\)$/ok - $name: \1/p" \
    -e "s/^--- FAIL: Test([^ ]*) \([0-9.]+s\)$/not ok - $name: \1/p" "$scratch/output" >"$scratch/results"
  if [ "$status" -ne 0 ] || ! grep -q '^ok' "$scratch/results"; then
    echo "not ok - $name: the tests pass" >>"$scratch/results"
  fi
  if grep -q '^not ok' "$scratch/results"; then
    grep -av -e '^=== ' -e '^--- PASS' "$scratch/output" | sed 's/^/  /'
    grep -a '^not ok' "$scratch/results"
  fi
  cat "$scratch/results" >>"$scratch/report"
  echo "$name: $(grep -c '^ok' "$scratch/results" || true) tests pass"
}

run_acceptance_tests() {
  name=$1
  shift
  (export TF_ACC=1 CHECKPOINT_DISABLE=1 "$@" && run_provider_tests "$name" -tags acceptance ./acceptance)
}

expect 'Terraform: Go 1.25 or later is installed' provide golang is_go_installed && {
  expect 'Terraform: the source is formatted' is_provider_formatted || true
  expect 'Terraform: go vet finds nothing' in_provider go vet -tags acceptance ./... || true
  expect 'Terraform: the pages of the registry are those of the schemas' in_provider go run ./internal/docs -check || true
  run_provider_tests Terraform ./internal/...
  expect 'Terraform: version 1.5.7 is built' build_terraform && {
    expect 'Terraform: the example is formatted' \
      "$tools/terraform-1.5.7" fmt -check -recursive sdks/terraform/examples || true
    run_acceptance_tests 'Terraform 1.5.7' TF_ACC_TERRAFORM_PATH="$tools/terraform-1.5.7"
  }
  expect 'Terraform: OpenTofu 1.10.6 is built' build_tofu &&
    run_acceptance_tests 'OpenTofu 1.10.6' TF_ACC_TERRAFORM_PATH="$tools/tofu-1.10.6" \
      TF_ACC_PROVIDER_NAMESPACE=hashicorp TF_ACC_PROVIDER_HOST=registry.opentofu.org
} || true
