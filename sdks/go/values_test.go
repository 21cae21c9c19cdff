package licet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	type keyCase struct{ Text, Key, Canonical string }
	vectors := readVectors[map[string]any](t, "keys.json")
	groups := map[string]KeyCheck{"valid": KeyValid, "reads_as": KeyValid, "malformed": KeyMalformed,
		"foreign": KeyForeign, "unusable": KeyUnusable}
	for name, check := range groups {
		for _, each := range decode[[]keyCase](t, encode(t, vectors[name])) {
			if name == "valid" {
				each.Text, each.Canonical = each.Key, each.Key
			}
			runCase(t, fmt.Sprintf("keys.json: %q is %s", each.Text, check), func(t *testing.T) {
				key, usable := NormalizeKey(each.Text)
				if found := CheckKey(each.Text); found != check {
					t.Errorf("it is %s", found)
				}
				if usable != (check != KeyUnusable) || (each.Canonical != "" && key != each.Canonical) {
					t.Errorf("it is normalized to %q, %v", key, usable)
				}
			})
		}
	}
}

func TestDomains(t *testing.T) {
	vectors := readVectors[struct {
		Cases []struct {
			Dom          []string
			Domain, Note string
			Covered      bool
		}
	}](t, "domains.json")
	for _, each := range vectors.Cases {
		runCase(t, fmt.Sprintf("domains.json: %v and %q (%s)", each.Dom, each.Domain, each.Note), func(t *testing.T) {
			if covered := coversDomain(each.Dom, each.Domain); covered != each.Covered {
				t.Errorf("covered: %v", covered)
			}
		})
	}
}

func TestHostnames(t *testing.T) {
	vectors := readVectors[struct {
		Hostnames []struct {
			Text, Note string
			Host       *string
		}
	}](t, "hostnames.json")
	for _, each := range vectors.Hostnames {
		if each.Host == nil {
			continue // No license has such a domain: the server refuses it.
		}
		runCase(t, fmt.Sprintf("hostnames.json: %q (%s)", each.Text, each.Note), func(t *testing.T) {
			if !coversDomain([]string{*each.Host}, each.Text) {
				host, ok := normalizeHost(each.Text)
				t.Errorf("it is %q (%v) instead of %q", host, ok, *each.Host)
			}
		})
	}
}

func TestFingerprints(t *testing.T) {
	ctx := context.Background()
	vectors := readVectors[struct {
		Machines []struct{ AppID, MachineID, Fingerprint, Note string }
		Sources  []struct {
			Description, AppID, Option, Environment, MachineID, Random string
			Container                                                  bool
			Expected                                                   struct {
				Kind  FingerprintKind
				Value string
			}
		}
		Stores []struct{ Key, Product, Fingerprint, Domain, Name, Note string }
	}](t, "fingerprints.json")
	for _, each := range vectors.Machines {
		runCase(t, fmt.Sprintf("fingerprints.json: the machine %q (%s)", each.MachineID, each.Note), func(t *testing.T) {
			if found := hashMachineID(each.AppID, each.MachineID); found != each.Fingerprint {
				t.Errorf("it is %s", found)
			}
		})
	}
	for _, each := range vectors.Sources {
		runCase(t, "fingerprints.json, fingerprint source: "+each.Description, func(t *testing.T) {
			store := &fallbackStore{Store: &MemoryStore{}, report: func(err error) { t.Error(err) }}
			store.put(ctx, deviceName, each.Random)
			variable := func(string) string { return each.Environment }
			machine := func(context.Context) string {
				if each.Container {
					return ""
				}
				return each.MachineID
			}
			found := findDevice(ctx, each.AppID, each.Option, variable, machine, store)
			if found.Fingerprint != each.Expected.Value || found.Kind != each.Expected.Kind {
				t.Errorf("it is %v", found)
			}
		})
	}
	for _, each := range vectors.Stores {
		runCase(t, "fingerprints.json: the name of the file for "+each.Note, func(t *testing.T) {
			client, err := New(Options{URL: "http://127.0.0.1:9", AppID: "test", Key: each.Key, Product: each.Product,
				Domain: each.Domain, Fingerprint: each.Fingerprint, Store: &MemoryStore{}})
			if err != nil {
				t.Fatal(err)
			}
			var options []CallOption
			if each.Fingerprint == "" {
				options = append(options, WithoutDevice())
			}
			if name := client.resolve(ctx, newCall(options)).recordName() + ".json"; name != each.Name {
				t.Errorf("it is %s", name)
			}
		})
	}
}

func TestOffline(t *testing.T) {
	vectors := readVectors[struct {
		Requests []struct {
			Request       offlineRequest
			Code, Address string
			Server        string
		}
		Returns []struct{ Ret, JTI, Code string }
	}](t, "offline.json")
	for _, each := range vectors.Requests {
		runCase(t, fmt.Sprintf("offline.json: the request code of %v", each.Request), func(t *testing.T) {
			code := each.Request.encode()
			if code != each.Code || each.Server+"/offline#"+code != each.Address {
				t.Errorf("it is %s", code)
			}
		})
	}
	for _, each := range vectors.Returns {
		runCase(t, "offline.json: the return code "+each.Code, func(t *testing.T) {
			if code := returnCode(each.Ret, each.JTI); code != each.Code {
				t.Errorf("it is %s", code)
			}
		})
	}
}

func TestWebhooks(t *testing.T) {
	vectors := readVectors[struct {
		Cases []struct {
			ID, Description, Body string
			Headers               map[string]string
			Secrets               []string
			Now                   int64
			Expected              struct{ OK bool }
		}
	}](t, "webhooks.json")
	for _, each := range vectors.Cases {
		runCase(t, "webhooks.json, "+each.ID+": "+each.Description, func(t *testing.T) {
			header := http.Header{}
			for name, value := range each.Headers {
				header[name] = []string{value}
			}
			event, err := verifyWebhook([]byte(each.Body), header, each.Secrets, time.Unix(each.Now, 0))
			var fault *WebhookError
			if each.Expected.OK != (err == nil) || each.Expected.OK != (event != nil) || (err != nil && !errors.As(err, &fault)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
