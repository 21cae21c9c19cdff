package licet

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const suiteMajor = "1."

// readVectors reads a file of test cases. Fails if it is for another major version of the suite.
func readVectors[Vectors any](t *testing.T, name string) Vectors {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "conformance", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	var head struct{ Version string }
	if err := json.Unmarshal(data, &head); err != nil || !strings.HasPrefix(head.Version, suiteMajor) {
		t.Fatalf("%s is of version %q of the suite (%v)", name, head.Version, err)
	}
	var vectors Vectors
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// runCase runs a case of a file as a test of its own.
func runCase(t *testing.T, title string, test func(*testing.T)) {
	t.Helper()
	t.Run(strings.ReplaceAll(title, "/", "∕"), test)
}

// assertMatches compares what is expected: a member that is null there must be null or absent.
func assertMatches(t *testing.T, actual, expected map[string]any) {
	t.Helper()
	for name, value := range expected {
		nested, isObject := value.(map[string]any)
		own, isOwn := actual[name].(map[string]any)
		if isObject && isOwn && (name == "state" || name == "verdict") {
			assertMatches(t, own, nested)
		} else if got := dropNull(actual[name]); !reflect.DeepEqual(got, dropNull(value)) {
			t.Errorf("%s is %v instead of %v", name, got, value)
		}
	}
}

func dropNull(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range value {
			if member != nil {
				kept[name] = dropNull(member)
			}
		}
		return kept
	case []any:
		for i, each := range value {
			value[i] = dropNull(each)
		}
	}
	return value
}

// toJSON returns a value as a test case writes it.
func toJSON(t *testing.T, value any) map[string]any {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	members, err := parseObject(data)
	if err != nil {
		t.Fatal(err)
	}
	return members
}

func describeState(s State) map[string]any {
	state := map[string]any{"allowed": s.Allowed, "status": s.Status, "source": s.Source, "code": s.Code,
		"message": s.Message, "warnings": s.Warnings, "license": describeLicense(s.License),
		"staleSince": describeTime(s.StaleSince), "refreshAfter": describeTime(s.RefreshAfter),
		"validUntil": describeTime(s.ValidUntil)}
	for name, value := range state {
		if reflect.ValueOf(value).Kind() == reflect.String && reflect.ValueOf(value).Len() == 0 {
			state[name] = nil
		}
	}
	return state
}

func describeLicense(l *License) any {
	if l == nil {
		return nil
	}
	return map[string]any{"id": l.ID, "plan": l.Plan, "features": l.Features, "expiresAt": describeTime(l.ExpiresAt)}
}

func describeTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.Format(time.RFC3339Nano)
}

func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decode[Value any](t *testing.T, text string) Value {
	t.Helper()
	var value Value
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}
