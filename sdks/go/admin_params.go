package licet

import "time"

// LicenseParams are the fields of a license to create or to change.
type LicenseParams struct {
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Plan string `json:"plan,omitzero"`
	// An email address such as dev@example.com. Case does not matter.
	CustomerEmail string `json:"customer_email,omitzero"`
	// A name of 1–200 characters.
	CustomerName Opt[string] `json:"customer_name,omitzero"`
	// An RFC 3339 time such as 2027-03-06T00:00:00Z.
	ExpiresAt Opt[time.Time] `json:"expires_at,omitzero"`
	// A map from feature names of 1–64 characters to true, false, a number or a string.
	Features Features `json:"features,omitzero"`
	// An integer of 0 or more, or null for no limit.
	MaxDomains Opt[int64] `json:"max_domains,omitzero"`
	// An integer of 0 or more, or null for no limit.
	MaxDevices Opt[int64] `json:"max_devices,omitzero"`
	// An integer of 0 or more, or null for no limit.
	MaxSeats Opt[int64] `json:"max_seats,omitzero"`
	// A map of up to 50 entries from names of 1–64 characters to a string, a number, true, false or null.
	Metadata map[string]any `json:"metadata,omitzero"`
	// Your own reference to the license, such as an order number: 1–255 characters.
	ExternalRef Opt[string] `json:"external_ref,omitzero"`
	// An existing license key to import.
	Key string `json:"key,omitzero"`
	// Domains to activate.
	Domains []string `json:"domains,omitzero"`
	// Whether to return the licenses of the same product that already have this `external_ref`, with
	// status 200, instead of creating others.
	Reuse Opt[bool] `json:"reuse,omitzero"`
	// The end of a license that has started and gets a new `plan`: `keep` keeps it, `plan` applies the
	// duration of the new plan from now.
	Expiry string `json:"expiry,omitzero"`
	// Overrides to remove, so that the values of the plan apply again.
	Inherit []string `json:"inherit,omitzero"`
}

// PlanParams are the fields of a plan to create or to change.
type PlanParams struct {
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Slug string `json:"slug,omitzero"`
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Product string `json:"product,omitzero"`
	// A name of 1–200 characters.
	Name string `json:"name,omitzero"`
	// The features of its licenses, a map from names to values. Default: {}.
	Features Features `json:"features,omitzero"`
	// The maximum number of domains; null for no limit. Default: null.
	MaxDomains Opt[int64] `json:"max_domains,omitzero"`
	// The maximum number of devices; null for no limit. Default: null.
	MaxDevices Opt[int64] `json:"max_devices,omitzero"`
	// The maximum number of seats in use at once; null for no limit. Default: null.
	MaxSeats Opt[int64] `json:"max_seats,omitzero"`
	// How many days a license is valid; null for a perpetual license. Default: null.
	DurationDays Opt[int64] `json:"duration_days,omitzero"`
	// When the `duration_days` start: `creation` or `first_validation`. Default: "creation".
	StartsOn string `json:"starts_on,omitzero"`
	// Days after the expiration during which a license stays valid, with the warning IN_GRACE. Default:
	// 0.
	GraceDays Opt[int64] `json:"grace_days,omitzero"`
	// `automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate
	// does. Default: "automatic".
	Activation string `json:"activation,omitzero"`
	// Whether a validation must include a domain. If not, apps that omit it are not limited. Default:
	// false.
	RequireDomain Opt[bool] `json:"require_domain,omitzero"`
	// Whether a validation must include a fingerprint. If not, apps that omit it are not limited.
	// Default: false.
	RequireFingerprint Opt[bool] `json:"require_fingerprint,omitzero"`
	// `exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its
	// subdomains. Default: "exact".
	DomainMatch string `json:"domain_match,omitzero"`
	// Whether localhost, private addresses, .test and similar domains take no slot. Default: true.
	DevelopmentDomainsFree Opt[bool] `json:"development_domains_free,omitzero"`
	// Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com`
	// always. Default: [].
	FreeDomainPatterns []string `json:"free_domain_patterns,omitzero"`
	// How many free hosts a license may have for each activated domain, and before the first one.
	// Default: 3.
	FreeDomainsPerDomain Opt[int64] `json:"free_domains_per_domain,omitzero"`
	// How long a seat is held without being renewed. Default: 300.
	SeatLeaseSeconds Opt[int64] `json:"seat_lease_seconds,omitzero"`
	// Whether apps can free slots with /deactivate. Default: true.
	SelfDeactivation Opt[bool] `json:"self_deactivation,omitzero"`
	// A new domain or device may take a slot that has been idle for this many days; null for never.
	// Default: null.
	EvictIdleDays Opt[int64] `json:"evict_idle_days,omitzero"`
	// How many slots apps can free with /deactivate in 30 days; null for no limit. Default: null.
	DeactivationsMaxPer30Days Opt[int64] `json:"deactivations_max_per_30_days,omitzero"`
	// Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected. Default: null.
	Sharing Opt[SharingThresholds] `json:"sharing,omitzero"`
	// How long apps work without the server, with a signed lease or a license file; null for not at all.
	// Default: {"refresh_days":1,"valid_days":7,"hard_days":30,"file_days":365}.
	Offline Opt[OfflineTerms] `json:"offline,omitzero"`
	// For how many days an app may borrow a seat; 0 if it may not. Default: 0.
	BorrowDaysMax Opt[int64] `json:"borrow_days_max,omitzero"`
}

// ProductParams are the fields of a product to create or to change.
type ProductParams struct {
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Slug string `json:"slug,omitzero"`
	// A name of 1–200 characters.
	Name string `json:"name,omitzero"`
	// The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed.
	KeyPrefix string `json:"key_prefix,omitzero"`
}

// WebhookParams are the fields of an endpoint to create or to change.
type WebhookParams struct {
	URL    string   `json:"url,omitzero"`
	Events []string `json:"events,omitzero"`
	// The purpose of the endpoint, up to 500 characters; null for none.
	Description Opt[string] `json:"description,omitzero"`
	Enabled     Opt[bool]   `json:"enabled,omitzero"`
}

// RenewParams say how to move the end of a license: by the duration of its plan if they are empty.
type RenewParams struct {
	// An RFC 3339 time such as 2027-03-06T00:00:00Z.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Days to add, 1–36500. They count from the expiration, or from now if it has passed.
	Days Opt[int64] `json:"days,omitzero"`
}

// RotateKeyParams say what happens to the old key.
type RotateKeyParams struct {
	// How many hours the old key keeps working, 0–720; 0 by default.
	OverlapHours Opt[int64] `json:"overlap_hours,omitzero"`
}

// FileParams say what a license file is for.
type FileParams struct {
	// A stable identifier of the device, 1–255 characters, not only spaces.
	Fingerprint string `json:"fingerprint,omitzero"`
	// The name of the device, up to 200 characters.
	Name string `json:"name,omitzero"`
	// Up to 20 domains to activate and to bind the file to.
	Domains []string `json:"domains,omitzero"`
	// How many days the file is valid, 1–3650; at most `offline.file_days` of the plan, which is the
	// default.
	Days Opt[int64] `json:"days,omitzero"`
	// Whether the customer also gets the file by email.
	Mail Opt[bool] `json:"mail,omitzero"`
}
