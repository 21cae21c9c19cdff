//go:build live

package live

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	licet "licet.example/go"
)

// build compiles a package of the SDK, or a file in it.
func build(t *testing.T, source string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	command := exec.Command("go", "build", "-o", program, source)
	command.Dir = ".."
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s", output)
	}
	return program
}

// start runs a program on a device whose files are in a directory.
func start(t *testing.T, program, directory, url, key, input string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Stdin = strings.NewReader(input)
	command.Env = append(os.Environ(), "LICET_URL="+url, "LICENSE_KEY="+key, "XDG_CONFIG_HOME="+directory,
		"LICET_PUBLIC_KEYS="+strings.Join(publicKeys, ","), "LICET_FINGERPRINT="+directory)
	output, err := command.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

func TestTheFirstExampleOfTheDocumentationRunsUnmodified(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	must(t, err)
	code := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindSubmatch(text)[1]
	directory, err := os.MkdirTemp("..", "readme-")
	must(t, err)
	defer os.RemoveAll(directory)
	must(t, os.WriteFile(filepath.Join(directory, "main.go"), code, 0o600))
	program, home := build(t, "./"+filepath.Base(directory)), t.TempDir()
	if output, err := start(t, program, home, server, issue(t).Key, ""); output != "licensed" || err != nil {
		t.Errorf("%s (%v)", output, err)
	}
}

func TestTheExampleWorksWithoutAServerAndLimitsAFeature(t *testing.T) {
	program, home, license := build(t, "./examples/notes"), t.TempDir(), issue(t)
	for _, url := range []string{server, nowhere} {
		if output, err := start(t, program, home, url, license.Key, "", "show"); output != "Buy milk." || err != nil {
			t.Errorf("%s (%v)", output, err)
		}
		output, err := start(t, program, home, url, license.Key, "", "export")
		if err == nil || !strings.Contains(output, string(licet.ErrFeatureNotIncluded)) {
			t.Errorf("%s (%v)", output, err)
		}
	}
	output, err := start(t, program, t.TempDir(), server, "an-unknown-license-key", "", "show")
	if err == nil || !strings.Contains(output, string(licet.ErrLicenseNotFound)) {
		t.Errorf("%s (%v)", output, err)
	}
}

func TestTheExampleUsesALicenseFile(t *testing.T) {
	program, home, license := build(t, "./examples/notes"), t.TempDir(), issue(t)
	request, err := start(t, program, home, nowhere, license.Key, "", "license", "request")
	must(t, err)
	var issued licet.LicenseFile
	must(t, admin.Request(ctx, "POST", "/api/v1/offline/activate", map[string]string{"request": request}, &issued))
	output, err := start(t, program, home, nowhere, license.Key, issued.File, "license", "import")
	if output != "licensed file" || err != nil {
		t.Errorf("%s (%v)", output, err)
	}
	code, err := start(t, program, home, nowhere, license.Key, "", "license", "return")
	must(t, err)
	must(t, admin.Request(ctx, "POST", "/api/v1/offline/deactivate", map[string]string{"key": license.Key, "code": code}, nil))
	if output, _ := start(t, program, home, nowhere, license.Key, "", "license"); !strings.HasPrefix(output, "refused") {
		t.Errorf("%s", output)
	}
}
