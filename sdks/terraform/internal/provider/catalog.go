package provider

import (
	"context"
	"encoding/json"

	licet "licet.example/go"
)

const slugAbout = "1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or digit."

func product() Object {
	return Object{
		Name: "product", ID: "slug", Path: "/api/v1/products", Import: "editor", Lookup: "/api/v1/products/{slug}",
		About: "What licenses are for. A product cannot be deleted: destroying the resource leaves it on the server.",
		Fields: []Field{
			{Name: "slug", Kind: Text, Use: Required, Replaces: true, About: slugAbout},
			{Name: "name", Kind: Text, Use: Required, About: "A name of 1–200 characters."},
			{Name: "key_prefix", Kind: Text, Use: Required, Replaces: true,
				About: "The start of every license key: 2–8 characters of A–Z and 0–9."},
		},
		remove: func(context.Context, *licet.Admin, string) (string, error) {
			return "Products cannot be deleted, because license keys start with their prefix. Import it to manage it again.", nil
		},
	}
}

func plan() Object {
	return Object{
		Name: "plan", ID: "slug", Path: "/api/v1/plans", Import: "editor-pro", Lookup: "/api/v1/plans/{slug}",
		About:   "A plan, whose values are those of its licenses. It can be destroyed once no license uses it.",
		Fields:  planFields,
		adapt:   adaptPlan,
		present: presentPlan,
	}
}

var planFields = []Field{
	{Name: "slug", Kind: Text, Use: Required, Replaces: true, About: slugAbout},
	{Name: "product", Kind: Text, Use: Required, Replaces: true, About: "The slug of the product."},
	{Name: "name", Kind: Text, Use: Required, About: "A name of 1–200 characters."},
	{Name: "features", Kind: Values, Empty: members{}, About: "The features of its licenses."},
	{Name: "max_domains", Kind: Number, About: "The maximum number of domains. No limit if it is left out."},
	{Name: "max_devices", Kind: Number, About: "The maximum number of devices. No limit if it is left out."},
	{Name: "max_seats", Kind: Number, About: "The maximum number of seats in use at once. No limit if it is left out."},
	{Name: "duration_days", Kind: Number, About: "How many days a license is valid. Forever if it is left out."},
	{Name: "starts_on", Kind: Text, Use: Default, Fallback: "creation", OneOf: []string{"creation", "first_validation"},
		About: "When the `duration_days` start."},
	{Name: "grace_days", Kind: Number, Use: Default, Fallback: 0,
		About: "Days after the expiration during which a license stays valid, with the warning `IN_GRACE`."},
	{Name: "activation", Kind: Text, Use: Default, Fallback: "automatic", OneOf: []string{"automatic", "explicit"},
		About: "`automatic`: validating on a new domain or device takes a free slot. `explicit`: only an activation does."},
	{Name: "require_domain", Kind: Flag, Use: Default, Fallback: false, About: "Whether a validation must include a domain."},
	{Name: "require_fingerprint", Kind: Flag, Use: Default, Fallback: false,
		About: "Whether a validation must include a fingerprint."},
	{Name: "domain_match", Kind: Text, Use: Default, Fallback: "exact", OneOf: []string{"exact", "subdomains"},
		About: "`exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its subdomains."},
	{Name: "development_domains_free", Kind: Flag, Use: Default, Fallback: true,
		About: "Whether localhost, private addresses, .test and similar domains take no slot."},
	{Name: "free_domain_patterns", Kind: Texts, Use: Default, Fallback: []any{},
		About: "Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com` always."},
	{Name: "free_domains_per_domain", Kind: Number, Use: Default, Fallback: 3,
		About: "How many free hosts a license may have for each activated domain, and before the first one."},
	{Name: "seat_lease_seconds", Kind: Number, Use: Default, Fallback: 300,
		About: "How long a seat is held without being renewed."},
	{Name: "self_deactivation", Kind: Flag, Use: Default, Fallback: true, About: "Whether apps can free slots."},
	{Name: "evict_idle_days", Kind: Number,
		About: "A new domain or device may take a slot that has been idle for this many days. Never if it is left out."},
	{Name: "deactivations_max_per_30_days", Kind: Number,
		About: "How many slots apps can free in 30 days. No limit if it is left out."},
	{Name: "sharing", Kind: Group, About: "Daily thresholds of plausible use. None if it is left out.", Fields: []Field{
		{Name: "countries_per_day", Kind: Number, About: "The threshold of countries."},
		{Name: "devices_per_day", Kind: Number, About: "The threshold of devices."},
		{Name: "domains_per_day", Kind: Number, About: "The threshold of domains."},
	}},
	{Name: "offline", Kind: Group, Use: Default, Fallback: offlineDefault(true),
		About: "How long apps work without the server, with a signed lease or a license file.", Fields: []Field{
			{Name: "enabled", Kind: Flag, Use: Default, Fallback: true, About: "Whether they do at all."},
			{Name: "refresh_days", Kind: Number, Use: Default, Fallback: 1,
				About: "After how many days an app should get a new lease."},
			{Name: "valid_days", Kind: Number, Use: Default, Fallback: 7,
				About: "How many days a lease is valid without a warning."},
			{Name: "hard_days", Kind: Number, Use: Default, Fallback: 30, About: "After how many days a lease ends."},
			{Name: "file_days", Kind: Number, Use: Default, Fallback: 365,
				About: "How many days a license file is valid; 0 for as long as the license."},
		}},
	{Name: "borrow_days_max", Kind: Number, Use: Default, Fallback: 0,
		About: "For how many days an app may borrow a seat; 0 if it may not."},
}

func offlineDefault(isEnabled bool) members {
	return members{"enabled": isEnabled, "refresh_days": 1, "valid_days": 7, "hard_days": 30, "file_days": 365}
}

// adaptPlan writes the terms of offline use as the API does: null for none, and for no limit of files.
func adaptPlan(body members) {
	offline, ok := body["offline"].(members)
	if !ok {
		return
	}
	if offline["enabled"] == false {
		body["offline"] = nil
		return
	}
	delete(offline, "enabled")
	if offline["file_days"] == int64(0) {
		offline["file_days"] = nil
	}
}

func presentPlan(found, prior members) {
	offline, ok := found["offline"].(members)
	if !ok {
		// The days that the configuration has are of no use, but are no difference.
		known, isKnown := prior["offline"].(members)
		if !isKnown {
			known = offlineDefault(false)
		}
		known["enabled"] = false
		found["offline"] = known
		return
	}
	offline["enabled"] = true
	if offline["file_days"] == nil {
		offline["file_days"] = json.Number("0")
	}
}
