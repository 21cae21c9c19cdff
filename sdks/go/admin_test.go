package licet

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func newTestAdmin(t *testing.T, handle http.HandlerFunc) *Admin {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	admin, err := NewAdmin(server.URL+"/", " licet_fake\n", AdminOptions{UserAgent: "my-shop/1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func TestEveryRouteIsInTheOpenAPIDocument(t *testing.T) {
	data, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := parseObject(data)
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := document.object("paths")
	count := 0
	for _, name := range []string{"admin_licenses.go", "admin_catalog.go", "admin_events.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range regexp.MustCompile(`"([A-Z]+) (/api/v1/[^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			operations, _ := paths.object(route[2])
			if _, exists := operations[strings.ToLower(route[1])]; !exists {
				t.Errorf("%s %s does not exist", route[1], route[2])
			}
			count++
		}
	}
	if count < 30 {
		t.Errorf("there are %d routes", count)
	}
}

func TestEveryFieldOfTheAPIHasAMember(t *testing.T) {
	data, _ := os.ReadFile("../../openapi.json")
	document, _ := parseObject(data)
	components, _ := document.object("components")
	schemas, _ := components.object("schemas")
	for name, value := range map[string]any{
		"License": LicenseRecord{}, "LicensePurchase": LicensePurchase{}, "Plan": Plan{}, "Product": Product{},
		"SharingThresholds": SharingThresholds{}, "OfflineTerms": OfflineTerms{}, "Event": Event{},
		"Activation": LicenseActivation{}, "UsageEntry": UsageEntry{}, "IssuedLicenseFile": LicenseFile{},
		"Webhook": Webhook{}, "CreateLicenseRequest": LicenseParams{}, "UpdateLicenseRequest": LicenseParams{},
		"CreatePlanRequest": PlanParams{}, "UpdatePlanRequest": PlanParams{}, "CreateProductRequest": ProductParams{},
		"UpdateProductRequest": ProductParams{}, "CreateWebhookRequest": WebhookParams{},
		"UpdateWebhookRequest": WebhookParams{}, "RenewLicenseRequest": RenewParams{},
		"RotateLicenseKeyRequest": RotateKeyParams{}, "CreateLicenseFileRequest": FileParams{},
	} {
		schema, _ := schemas.object(name)
		properties, ok := schema.object("properties")
		members := jsonNames(reflect.TypeOf(value))
		for property := range properties {
			if !members[property] {
				t.Errorf("%s has %s", name, property)
			}
		}
		if !ok {
			t.Errorf("%s does not exist", name)
		}
	}
}

func jsonNames(typ reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}

func TestACreationIsRepeatedWithTheSameIdempotencyKey(t *testing.T) {
	var keys []string
	admin := newTestAdmin(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if r.Header.Get("Authorization") != "Bearer licet_fake" || r.Header.Get("User-Agent") != "my-shop/1.0 licet-go/"+Version {
			t.Errorf("the headers are %v", r.Header)
		}
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"plan":"pro","max_devices":3,"max_seats":null}` {
			t.Errorf("the body is %s", body)
		}
		if len(keys) == 1 {
			w.Header().Set("Retry-After", "0")
			answer(503, `{"code":"busy"}`)(w, r)
			return
		}
		answer(201, `{"id":"lic_1","features":{"big":9007199254740993}}`)(w, r)
	})
	license, err := admin.Licenses.Create(context.Background(),
		LicenseParams{Plan: "pro", MaxDevices: Set[int64](3), MaxSeats: Null[int64]()})
	if err != nil || license.ID != "lic_1" || license.Features.Int("big") != 9007199254740993 {
		t.Errorf("the license is %+v (%v)", license, err)
	}
	if len(keys) != 2 || keys[0] != keys[1] || len(keys[0]) < 20 {
		t.Errorf("the keys are %v", keys)
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	var queries []string
	admin := newTestAdmin(t, func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		switch r.URL.Query().Get("cursor") {
		case "":
			answer(200, `{"data":[{"slug":"one"},{"slug":"two"}],"next_cursor":"a b"}`)(w, r)
		case "a b":
			answer(200, `{"data":[{"slug":"three"}],"next_cursor":"c"}`)(w, r)
		default:
			answer(403, `{"code":"forbidden","detail":"Ask for the scope plans:read."}`)(w, r)
		}
	})
	var slugs []string
	var last error
	for plan, err := range admin.Plans.List(context.Background(), Query{"product": "editor", "limit": ""}) {
		if last = err; err == nil {
			slugs = append(slugs, plan.Slug)
		}
	}
	if !errors.Is(last, Code("forbidden")) || strings.Join(slugs, " ") != "one two three" ||
		queries[1] != "cursor=a+b&product=editor" {
		t.Errorf("%v, then %v, with %v", slugs, last, queries)
	}
	for range admin.Plans.List(context.Background(), nil) {
		break
	}
	if len(queries) != 4 {
		t.Errorf("there are %d requests", len(queries))
	}
}

func TestAProblemHasItsFieldsAndTheRequestID(t *testing.T) {
	admin := newTestAdmin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Match") != `"7"` || r.URL.Path != "/api/v1/licenses/a/b?c" {
			t.Errorf("%s, %v", r.URL.Path, r.Header)
		}
		w.Header().Set("X-Request-Id", "req_1")
		answer(412, `{"code":"version_mismatch","detail":"Read it again.","errors":[{"pointer":"/plan","detail":"x"},1]}`)(w, r)
	})
	_, err := admin.Licenses.Update(context.Background(), "a/b?c", LicenseParams{}, IfMatch(7))
	var problem *Problem
	if !errors.As(err, &problem) || problem.Status != 412 || problem.RequestID != "req_1" || len(problem.Errors) != 1 {
		t.Errorf("the error is %v", err)
	}
}

func TestAnIDThatLeadsToAnotherRouteIsRefused(t *testing.T) {
	admin := newTestAdmin(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	for _, id := range []string{"", ".", ".."} {
		if _, err := admin.Licenses.Get(context.Background(), id); err == nil {
			t.Errorf("%q is accepted", id)
		}
	}
	if err := admin.Request(context.Background(), "GET", "@evil.example", nil, nil); err == nil {
		t.Error("a path without a slash is accepted")
	}
}

func TestAPageOfAnotherServerIsNoAnswer(t *testing.T) {
	admin := newTestAdmin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>Welcome</h1>")
	})
	var text string
	_, err := admin.Plans.Get(context.Background(), "pro")
	if !errors.Is(err, ErrNoAnswer) {
		t.Errorf("the error is %v", err)
	}
	if err := admin.Request(context.Background(), "get", "/", nil, &text); err != nil || text != "<h1>Welcome</h1>" {
		t.Errorf("the text is %q (%v)", text, err)
	}
}

func TestACanceledCallEndsWithTheErrorOfItsContext(t *testing.T) {
	admin := newTestAdmin(t, answer(503, `{}`))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := admin.Plans.Get(ctx, "pro"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}
