package provider

import (
	"context"
	"net/http"
	"slices"
	"strings"

	licet "licet.example/go"
)

// unlimited stands for a limit of a license that is null although its plan has one.
const unlimited = -1

// planFeatures is where the features of the plan are kept until the license is presented.
const planFeatures = "plan_features"

// overrides are the fields of a license that are those of its plan if they are null.
var overrides = []string{"features", "max_domains", "max_devices", "max_seats"}

func license() Object {
	return Object{
		Name: "license", ID: "id", Path: "/api/v1/licenses", Import: "lic_01jg3m8v5mf1x8yq1r5c2w7h3k",
		Lookup: "/api/v1/licenses/{id}",
		About: "A license. Destroying the resource revokes the license for good. A license that was revoked elsewhere is " +
			"issued again. The state contains the license key.",
		Fields: []Field{
			{Name: "id", Kind: Text, Use: Once, About: "The ID of the license."},
			{Name: "key", Kind: Text, Use: Kept, Replaces: true, Sensitive: true,
				About: "The license key. Set it to import a key from another system."},
			{Name: "plan", Kind: Text, Use: Required, About: "The slug of the plan."},
			{Name: "customer_email", Kind: Email, Use: Required, About: "The email address of the customer."},
			{Name: "customer_name", Kind: Text, About: "The name of the customer."},
			{Name: "expires_at", Kind: Time, Use: Kept,
				About: "The end of the license, such as `2030-01-01T00:00:00Z`. By default, the duration of the plan decides, and renewals " +
					"are no difference."},
			{Name: "features", Kind: Values, About: "The features that differ from those of the plan. All others of the plan apply, too."},
			{Name: "max_domains", Kind: Number, About: limitAbout("domains")},
			{Name: "max_devices", Kind: Number, About: limitAbout("devices")},
			{Name: "max_seats", Kind: Number, About: limitAbout("seats")},
			{Name: "metadata", Kind: Values, Empty: members{}, About: "Data of your own: strings, numbers and bools."},
			{Name: "external_ref", Kind: Text, About: "Your own reference, such as an order number."},
			{Name: "suspended", Kind: Flag, Use: Default, Fallback: false, Local: true,
				About: "Whether all validations are refused for now."},
			{Name: "status", Kind: Text, Use: Computed, About: "`active`, `expired` or `suspended`."},
			{Name: "product", Kind: Text, Use: Computed, About: "The slug of the product."},
			{Name: "created_at", Kind: Time, Use: Once, About: "When it was created."},
		},
		find:    findLicense,
		remove:  revokeLicense,
		adapt:   adaptLicense,
		settle:  settleLicense,
		present: presentLicense,
	}
}

func limitAbout(what string) string {
	return "The maximum number of " + what + "; -1 for no limit. That of the plan if it is left out."
}

// findLicense returns nil for a license that was revoked.
func findLicense(ctx context.Context, admin *licet.Admin, id string) (members, error) {
	var found members
	err := admin.Request(ctx, http.MethodGet, license().route(id), nil, &found)
	if isMissing(err) || found["status"] == "revoked" {
		return nil, nil
	}
	if err != nil || !isOverride(found, "features") {
		return found, err
	}
	slug, _ := found["plan"].(string)
	var inherited members
	if err := admin.Request(ctx, http.MethodGet, plan().route(slug), nil, &inherited); err != nil {
		return nil, err
	}
	found[planFeatures] = inherited["features"]
	return found, nil
}

// isOverride reports whether a license has its own value of a field.
func isOverride(found members, name string) bool {
	own, _ := found["overrides"].([]any)
	return slices.Contains(own, any(name))
}

func revokeLicense(ctx context.Context, admin *licet.Admin, id string) (string, error) {
	found, err := findLicense(ctx, admin, id)
	if err != nil || found == nil {
		return "", err
	}
	_, err = admin.Licenses.Revoke(ctx, id, "removed from the Terraform configuration")
	return "", err
}

func adaptLicense(body members) {
	var inherit []string
	for _, name := range overrides {
		value, isSent := body[name]
		switch {
		case isSent && value == nil:
			delete(body, name)
			inherit = append(inherit, name)
		case value == int64(unlimited):
			body[name] = nil
		}
	}
	if inherit != nil {
		body["inherit"] = inherit
	}
}

// settleLicense suspends or reinstates a license.
func settleLicense(ctx context.Context, admin *licet.Admin, found, planned members) (members, error) {
	isSuspended := found["status"] == "suspended"
	if isSuspended == planned["suspended"] {
		return nil, nil
	}
	action := "/reinstate"
	if !isSuspended {
		action = "/suspend"
	}
	id, _ := found["id"].(string)
	var settled members
	err := admin.Request(ctx, http.MethodPost, license().route(id)+action, members{}, &settled)
	return settled, err
}

// ownFeatures returns the features that are known to be those of the license, and those that differ from its plan: the
// API shows all that apply.
func ownFeatures(found, prior members) any {
	applied, _ := found["features"].(members)
	known, _ := prior["features"].(members)
	inherited, isRead := found[planFeatures].(members)
	own := members{}
	for name, value := range applied {
		_, isKnown := known[name]
		if isKnown || (isRead && !isSameValue(value, inherited[name])) {
			own[name] = value
		}
	}
	return own
}

func presentLicense(found, prior members) {
	found["suspended"] = found["status"] == "suspended"
	for _, name := range overrides {
		switch {
		case !isOverride(found, name):
			found[name] = nil
		case found[name] == nil:
			found[name] = int64(unlimited)
		}
	}
	found["features"] = ownFeatures(found, prior)
	found["key"] = visibleKey(found, prior)
}

// visibleKey keeps the known key if the server has sent the same one, or only its end: an API key without the scope
// licenses:reveal sees no more.
func visibleKey(found, prior members) any {
	key, _ := found["key"].(string)
	known, isKnown := prior["key"].(string)
	normalized, _ := licet.NormalizeKey(known)
	if isKnown && (normalized == key || strings.Contains(key, "****")) {
		return known
	}
	return key
}
