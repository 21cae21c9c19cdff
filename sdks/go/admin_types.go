package licet

import "time"

// LicenseRecord is a license as the vendor sees it.
type LicenseRecord struct {
	ID string `json:"id"`
	// The license key; masked without the scope `licenses:reveal`, and in responses to sessions.
	Key    string `json:"key"`
	Status string `json:"status"`
	// Slug of the product.
	Product string `json:"product"`
	// Slug of the plan.
	Plan string `json:"plan"`
	// A map from feature names to true, false, a number or a string.
	Features Features `json:"features"`
	// The fields that override the plan.
	Overrides []string `json:"overrides"`
	// Null after the customer has been erased.
	CustomerEmail *string `json:"customer_email"`
	CustomerName  *string `json:"customer_name"`
	// An integer of 0 or more, or null for no limit.
	MaxDomains *int64 `json:"max_domains"`
	// The 100 oldest activated domains.
	Domains []string `json:"domains"`
	// The number of domains that take a slot.
	DomainsCount int64 `json:"domains_count"`
	// An integer of 0 or more, or null for no limit.
	MaxDevices *int64 `json:"max_devices"`
	// The number of activated devices.
	Devices int64 `json:"devices"`
	// An integer of 0 or more, or null for no limit.
	MaxSeats  *int64    `json:"max_seats"`
	CreatedAt time.Time `json:"created_at"`
	// The last change through the management API.
	UpdatedAt time.Time  `json:"updated_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	// Present until the first validation starts the term of the license.
	StartsOn         string     `json:"starts_on,omitzero"`
	ActivatedAt      *time.Time `json:"activated_at"`
	SuspendedAt      *time.Time `json:"suspended_at"`
	SuspensionReason *string    `json:"suspension_reason"`
	SuspensionCause  *string    `json:"suspension_cause"`
	RevokedAt        *time.Time `json:"revoked_at"`
	LastValidatedAt  *time.Time `json:"last_validated_at"`
	// The number of valid validations.
	ValidationCount int64 `json:"validation_count"`
	// A map from names to a string, a number, true, false or null.
	Metadata    map[string]any   `json:"metadata"`
	ExternalRef *string          `json:"external_ref"`
	Purchase    *LicensePurchase `json:"purchase"`
	// The ETag. Only management changes increase it.
	Version int64 `json:"version"`
}

// LicensePurchase is the purchase that a license comes from.
type LicensePurchase struct {
	Provider string `json:"provider"`
	Mode     string `json:"mode"`
	// The provider's reference of the order or subscription. The ID of a session is masked where the key
	// is, because it leads to the key.
	Reference string `json:"reference"`
	// The line of it that the license is for.
	Item string `json:"item"`
	// The number of the license, if several were bought on this line.
	Unit int64 `json:"unit"`
	// ID of the rule that applies; null if the shop has named the plan.
	RuleID *string `json:"rule_id"`
}

// Plan has the defaults of its licenses.
type Plan struct {
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Slug string `json:"slug"`
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Product string `json:"product"`
	Name    string `json:"name"`
	// The features of its licenses, a map from names to values. Default: {}.
	Features Features `json:"features"`
	// The maximum number of domains; null for no limit. Default: null.
	MaxDomains *int64 `json:"max_domains"`
	// The maximum number of devices; null for no limit. Default: null.
	MaxDevices *int64 `json:"max_devices"`
	// The maximum number of seats in use at once; null for no limit. Default: null.
	MaxSeats *int64 `json:"max_seats"`
	// How many days a license is valid; null for a perpetual license. Default: null.
	DurationDays *int64 `json:"duration_days"`
	// When the `duration_days` start: `creation` or `first_validation`. Default: "creation".
	StartsOn string `json:"starts_on"`
	// Days after the expiration during which a license stays valid, with the warning IN_GRACE. Default:
	// 0.
	GraceDays int64 `json:"grace_days"`
	// `automatic`: validating on a new domain or device takes a free slot. `explicit`: only /activate
	// does. Default: "automatic".
	Activation string `json:"activation"`
	// Whether a validation must include a domain. If not, apps that omit it are not limited. Default:
	// false.
	RequireDomain bool `json:"require_domain"`
	// Whether a validation must include a fingerprint. If not, apps that omit it are not limited.
	// Default: false.
	RequireFingerprint bool `json:"require_fingerprint"`
	// `exact`: every host takes a slot. `subdomains`: one slot covers a registrable domain and its
	// subdomains. Default: "exact".
	DomainMatch string `json:"domain_match"`
	// Whether localhost, private addresses, .test and similar domains take no slot. Default: true.
	DevelopmentDomainsFree bool `json:"development_domains_free"`
	// Patterns for hosts that take no slot: `staging.*` next to an activated domain, `*.wpengine.com`
	// always. Default: [].
	FreeDomainPatterns []string `json:"free_domain_patterns"`
	// How many free hosts a license may have for each activated domain, and before the first one.
	// Default: 3.
	FreeDomainsPerDomain int64 `json:"free_domains_per_domain"`
	// How long a seat is held without being renewed. Default: 300.
	SeatLeaseSeconds int64 `json:"seat_lease_seconds"`
	// Whether apps can free slots with /deactivate. Default: true.
	SelfDeactivation bool `json:"self_deactivation"`
	// A new domain or device may take a slot that has been idle for this many days; null for never.
	// Default: null.
	EvictIdleDays *int64 `json:"evict_idle_days"`
	// How many slots apps can free with /deactivate in 30 days; null for no limit. Default: null.
	DeactivationsMaxPer30Days *int64 `json:"deactivations_max_per_30_days"`
	// Daily thresholds of plausible use. Exceeding one emits license.sharing_suspected. Default: null.
	Sharing *SharingThresholds `json:"sharing"`
	// How long apps work without the server, with a signed lease or a license file; null for not at all.
	// Default: {"refresh_days":1,"valid_days":7,"hard_days":30,"file_days":365}.
	Offline *OfflineTerms `json:"offline"`
	// For how many days an app may borrow a seat; 0 if it may not. Default: 0.
	BorrowDaysMax int64 `json:"borrow_days_max"`
	// Limits that nothing enforces, each with the reason.
	Notices []string `json:"notices"`
	// When it was deleted while revoked licenses had it. They still show it.
	ArchivedAt *time.Time `json:"archived_at"`
}

// SharingThresholds say what counts as sharing a license.
type SharingThresholds struct {
	CountriesPerDay *int64 `json:"countries_per_day,omitzero"`
	DevicesPerDay   *int64 `json:"devices_per_day,omitzero"`
	DomainsPerDay   *int64 `json:"domains_per_day,omitzero"`
}

// OfflineTerms say for how long leases and license files last, in days.
type OfflineTerms struct {
	// After how many days an app should get a new lease. Default: 1.
	RefreshDays int64 `json:"refresh_days"`
	// How many days a lease is valid without a warning. Default: 7.
	ValidDays int64 `json:"valid_days"`
	// After how many days a lease ends. Default: 30.
	HardDays int64 `json:"hard_days"`
	// How many days a license file is valid; null for as long as the license. Default: 365.
	FileDays *int64 `json:"file_days"`
}

// Product is what licenses are for.
type Product struct {
	// 1–64 lowercase letters, digits, hyphens and underscores, starting and ending with a letter or
	// digit.
	Slug string `json:"slug"`
	Name string `json:"name"`
	// The start of every license key: 2–8 characters of A–Z and 0–9. It cannot be changed.
	KeyPrefix string `json:"key_prefix"`
}

// Event is a change of a license or of the server.
type Event struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	// Null if the event concerns no license.
	LicenseID *string `json:"license_id"`
	// The position of the event among those of its license, starting at 1.
	Sequence *int64 `json:"sequence"`
	// The `data` that is sent to webhook endpoints.
	Data map[string]any `json:"data"`
}

// LicenseActivation is a domain or device on which a license is used.
type LicenseActivation struct {
	ID        string `json:"id"`
	LicenseID string `json:"license_id"`
	// Whether `value` is a domain or the fingerprint of a device.
	Kind string `json:"kind"`
	// The normalized domain, or the fingerprint of the device.
	Value string `json:"value"`
	// The name that the app gave the device.
	Name *string `json:"name"`
	// Whether the activation takes no slot, as a development domain or through a free pattern of the
	// plan.
	Free      bool      `json:"free"`
	CreatedAt time.Time `json:"created_at"`
	// When it was last validated or activated, accurate to the hour.
	LastSeenAt time.Time `json:"last_seen_at"`
	// ISO 3166-1 alpha-2 code of the country where it was last seen.
	Country *string `json:"country"`
	// The ID in the API of another product. Empty unless it came from there.
	ExternalID string `json:"external_id,omitempty"`
}

// UsageEntry is one validation of a license.
type UsageEntry struct {
	At time.Time `json:"at"`
	// The last of the identical validations that share this entry.
	LastAt time.Time `json:"last_at"`
	// The number of identical validations within one minute from `at`.
	Count       int64   `json:"count"`
	Valid       bool    `json:"valid"`
	Error       *string `json:"error"`
	Domain      *string `json:"domain"`
	Fingerprint *string `json:"fingerprint"`
	// ISO 3166-1 alpha-2 code.
	Country *string `json:"country"`
	// The IP address, stored as `LICET_IP_STORAGE` allows.
	Address *string `json:"address"`
	// The version of the app.
	Version *string `json:"version"`
}

// LicenseFile is a license file for a device without a connection.
type LicenseFile struct {
	// The `jti` of its token.
	ID string `json:"id"`
	// When it stops working; null if it works for as long as the license.
	ExpiresAt *time.Time `json:"expires_at"`
	// Whether it works on one device only.
	FingerprintBound bool `json:"fingerprint_bound"`
	// The domains it is bound to, such as `example.com` or `*.example.com`; empty if it is bound to none.
	Domains []string `json:"domains"`
	// The IDs of the activations it relies on.
	Activations []string `json:"activations"`
	// The signed file, to be saved or pasted as it is.
	File string `json:"file"`
}

// Webhook is an endpoint that receives events.
type Webhook struct {
	ID          string   `json:"id"`
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Description *string  `json:"description"`
	// False while the endpoint is paused by you or disabled by the server.
	Enabled        bool       `json:"enabled"`
	DisabledReason *string    `json:"disabled_reason"`
	FailingSince   *time.Time `json:"failing_since"`
	CreatedAt      time.Time  `json:"created_at"`
	// Only in the first response to the creation, and after a rotation.
	Secret *string `json:"secret,omitzero"`
}
