//go:build acceptance

package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	licet "licet.example/go"
)

// workspace is a directory with a configuration, for the command line as a user has it.
type workspace struct {
	directory, settings string
}

func open(t *testing.T, configuration []byte) workspace {
	t.Helper()
	w := workspace{t.TempDir(), filepath.Join(t.TempDir(), "settings")}
	binaries := t.TempDir()
	build := exec.Command("go", "build", "-o", binaries+"/", ".")
	build.Dir = ".."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s", output)
	}
	settings := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"licet/licet\" = %q\n  }\n  direct {}\n}\n", binaries)
	for path, text := range map[string][]byte{w.settings: []byte(settings), filepath.Join(w.directory, "main.tf"): configuration} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// run fails unless the command exits with 0.
func (w workspace) run(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.Command(os.Getenv("TF_ACC_TERRAFORM_PATH"), arguments...)
	command.Dir = w.directory
	command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+w.settings, "TF_IN_AUTOMATION=1")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, output)
	}
	return string(output)
}

func TestTheFirstPlanOfTheDocumentationIsAppliedUnmodified(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, regexp.MustCompile("(?s)```hcl\n(terraform .*?)```").FindSubmatch(text)[1])
	// A product cannot be deleted, so one of another run is imported.
	if _, err := admin.Products.Get(ctx, "editor"); err == nil {
		w.run(t, "import", "-no-color", "licet_product.editor", "editor")
	}
	w.run(t, "apply", "-auto-approve", "-no-color")
	w.run(t, "plan", "-detailed-exitcode", "-no-color")
	if plan, err := admin.Plans.Get(ctx, "editor-pro"); err != nil || plan.Features.Int("projects") != 10 {
		t.Errorf("the plan is %+v (%v)", plan, err)
	}
	w.run(t, "destroy", "-auto-approve", "-no-color")
}

func TestTheExampleIsAppliedAndChangesNothingTheSecondTime(t *testing.T) {
	text, err := os.ReadFile("../examples/shop/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	name := "example-" + run
	w := open(t, []byte(strings.ReplaceAll(string(text), `"ED"`, `"EX`+strings.ToUpper(run)+`"`)))
	w.run(t, "apply", "-auto-approve", "-no-color", "-var", "name="+name)
	w.run(t, "plan", "-detailed-exitcode", "-no-color", "-var", "name="+name)
	key := strings.TrimSpace(w.run(t, "output", "-raw", "own_key"))
	license, err := admin.Licenses.Lookup(ctx, key[strings.LastIndex(key, "\n")+1:])
	if err != nil || license.Plan != name+"-team" {
		t.Fatalf("the license is %+v (%v)", license, err)
	}
	if _, err := admin.Plans.Update(ctx, license.Plan, licet.PlanParams{MaxDevices: licet.Set[int64](1)}); err != nil {
		t.Fatal(err)
	}
	w.run(t, "apply", "-auto-approve", "-no-color", "-var", "name="+name)
	if plan, err := admin.Plans.Get(ctx, license.Plan); err != nil || *plan.MaxDevices != 20 {
		t.Errorf("the plan is %+v (%v)", plan, err)
	}
	w.run(t, "destroy", "-auto-approve", "-no-color", "-var", "name="+name)
}
