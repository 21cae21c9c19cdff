package provider

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func readAPI(t *testing.T) (paths map[string]map[string]any, schemas map[string]struct{ Properties map[string]any }) {
	t.Helper()
	data, err := os.ReadFile("../../../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	return document.Paths, document.Components.Schemas
}

func TestEveryRouteIsInTheOpenAPIDocument(t *testing.T) {
	paths, _ := readAPI(t)
	for _, object := range Objects() {
		one := object.Path + "/{" + object.ID + "}"
		routes := map[string][]string{object.Path: {"post", "get"}, one: {"put", "delete", "get"}}
		switch object.Name {
		case "product":
			routes[one] = []string{"put", "get"}
		case "api_key":
			routes[one] = []string{"delete"}
		case "license":
			routes[one] = []string{"put", "get"}
			for _, action := range []string{"/suspend", "/reinstate", "/revoke"} {
				routes[one+action] = []string{"post"}
			}
			routes[object.Path+"/lookup"] = []string{"post"}
		}
		for path, methods := range routes {
			for _, method := range methods {
				if paths[path][method] == nil {
					t.Errorf("%s %s does not exist", method, path)
				}
			}
		}
	}
}

func TestEveryFieldThatTheAPIAcceptsCanBeSet(t *testing.T) {
	_, schemas := readAPI(t)
	names := map[string]string{"product": "Product", "plan": "Plan", "license": "License", "webhook_endpoint": "Webhook",
		"api_key": "ApiKey", "checkout_rule": "CheckoutRule"}
	// What happens at the creation, or to a change, is no state of an object.
	omitted := []string{"license.domains", "license.reuse", "license.expiry", "license.inherit"}
	for _, object := range Objects() {
		for _, verb := range []string{"Create", "Update"} {
			for property := range schemas[verb+names[object.Name]+"Request"].Properties {
				if property == "provider" {
					property = "provider_name"
				}
				isField := func(f Field) bool { return f.Name == property && f.isSet() }
				if !slices.ContainsFunc(object.Fields, isField) && !slices.Contains(omitted, object.Name+"."+property) {
					t.Errorf("%s lacks %s", object.Name, property)
				}
			}
		}
	}
}

func TestTheSchemasAreValid(t *testing.T) {
	server := providerserver.NewProtocol6(New())()
	found, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(found.Diagnostics) > 0 {
		t.Fatalf("%v, %v", found.Diagnostics, err)
	}
	if len(found.ResourceSchemas) != 6 || len(found.DataSourceSchemas) != 4 {
		t.Errorf("there are %d resources and %d data sources", len(found.ResourceSchemas), len(found.DataSourceSchemas))
	}
	for name, schema := range found.ResourceSchemas {
		for _, attribute := range schema.Block.Attributes {
			isSecret := slices.Contains([]string{"key", "secret", "token"}, attribute.Name)
			if isSecret != attribute.Sensitive {
				t.Errorf("%s.%s is sensitive: %v", name, attribute.Name, attribute.Sensitive)
			}
			if !strings.HasSuffix(attribute.Description, ".") {
				t.Errorf("%s.%s has no description", name, attribute.Name)
			}
		}
	}
}

func TestValuesThatMeanTheSameAreNoDifference(t *testing.T) {
	for _, each := range []struct {
		kind          Kind
		first, second any
		same          bool
	}{
		{Text, "a", "a", true}, {Text, "a", "A", false}, {Text, nil, "", false}, {Text, nil, nil, true},
		{Email, "Dev@example.com", "dev@example.com", true},
		{Time, "2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00", true},
		{Time, "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z", false},
		{URL, "https://Hooks.example.com", "https://hooks.example.com/", true},
		{URL, "https://hooks.example.com/a", "https://hooks.example.com/b", false},
		{Number, int64(3), json.Number("3"), true}, {Number, int64(0), nil, false}, {Number, 3, json.Number("4"), false},
		{Texts, []any{"a", "b"}, []any{"b", "a"}, true}, {Texts, []any{}, []any{}, true}, {Texts, []any{}, nil, false},
		{Texts, []any{"a"}, []any{"a", "b"}, false},
		{Values, nil, members{}, true}, {Values, members{"a": json.Number("0.10")}, members{"a": json.Number("0.1")}, true},
		{Values, members{"a": true}, members{"a": "true"}, false}, {Values, members{"a": true}, nil, false},
		{Group, members{"a": nil}, members{}, true}, {Group, members{"a": int64(1)}, members{"a": json.Number("2")}, false},
	} {
		if found := (Field{Kind: each.kind}).isSame(each.first, each.second); found != each.same {
			t.Errorf("%s: %v and %v are the same: %v", each.kind, each.first, each.second, found)
		}
	}
}

func TestAValueOfTheAPIIsReadAndWrittenUnchanged(t *testing.T) {
	limits := []Field{{Name: "days", Kind: Number}, {Name: "on", Kind: Flag}}
	for kind, found := range map[Kind]any{Text: "a", Number: json.Number("9007199254740993"), Flag: true,
		Texts: []any{"a", "b"}, Values: members{"sso": true, "ratio": json.Number("0.1"), "tier": "gold"},
		Group: members{"days": json.Number("3"), "on": false}} {
		field := Field{Name: "field", Kind: kind, Fields: limits}
		value, err := field.fromAPI(found)
		if err != nil {
			t.Fatal(err)
		}
		if written, known := toAPI(value); !known || !field.isSame(found, written) {
			t.Errorf("%v is written as %v", found, written)
		}
		if _, err := field.fromAPI(struct{}{}); err == nil {
			t.Errorf("%s accepts anything", kind)
		}
	}
}

func TestUnknownValuesAreNotSent(t *testing.T) {
	kinds := map[string]attr.Type{"known": types.StringType, "unknown": types.StringType}
	value := types.ObjectValueMust(kinds, map[string]attr.Value{"known": types.StringValue("a"), "unknown": types.StringUnknown()})
	found, known := toAPI(value)
	if !known || !isSameValue(found, members{"known": "a"}) {
		t.Errorf("it is %v", found)
	}
	if _, known := toAPI(types.DynamicUnknown()); known {
		t.Error("an unknown value is known")
	}
}

func TestAKeyIsKeptAsItIsSpelledAndWhenItIsHidden(t *testing.T) {
	for _, each := range []struct {
		found string
		known any
		kept  any
	}{
		{"TO-04HM-ASW9-NF6Y-Y0CN", "to 04hm asw9 nf6y yocn", "to 04hm asw9 nf6y yocn"},
		{"TO-****-****-****-Y0CN", "TO-04HM-ASW9-NF6Y-Y0CN", "TO-04HM-ASW9-NF6Y-Y0CN"},
		{"TO-04HM-ASW9-NF6Y-Y0CN", "AB-04HM-ASW9-NF6Y-Y0KV", "TO-04HM-ASW9-NF6Y-Y0CN"},
		{"TO-****-****-****-Y0CN", nil, "TO-****-****-****-Y0CN"},
	} {
		if kept := visibleKey(members{"key": each.found}, members{"key": each.known}); kept != each.kept {
			t.Errorf("%v and %v are %v", each.found, each.known, kept)
		}
	}
}
