//go:build live

// Package live tests the SDK against a running server, whose address and API key are in the environment.
package live

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	licet "licet.example/go"
)

const (
	nowhere = "http://127.0.0.1:9"
	product = "golive"
	plan    = "golive-pro"
)

var (
	ctx        = context.Background()
	server     = os.Getenv("LICET_URL")
	admin      *licet.Admin
	publicKeys []string
)

func TestMain(m *testing.M) {
	if err := setUp(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// setUp creates a plan, and reads the keys to pin. An app has them in its code and never fetches them.
func setUp() (err error) {
	admin, err = licet.NewAdmin(server, os.Getenv("LICET_TOKEN"), licet.AdminOptions{})
	if err != nil {
		return err
	}
	if _, err := admin.Products.Create(ctx, licet.ProductParams{Slug: product, Name: "Editor", KeyPrefix: "GOLIVE"}); err != nil {
		return err
	}
	days := int64(365)
	_, err = admin.Plans.Create(ctx, licet.PlanParams{Slug: plan, Product: product, Name: "Pro",
		Features: licet.Features{"sso": true}, MaxDomains: licet.Set[int64](3), MaxDevices: licet.Set[int64](2),
		MaxSeats: licet.Set[int64](1),
		Offline:  licet.Set(licet.OfflineTerms{RefreshDays: 1, ValidDays: 7, HardDays: 30, FileDays: &days})})
	if err != nil {
		return err
	}
	var found struct{ Keys []struct{ X string } }
	err = admin.Request(ctx, "GET", "/.well-known/licet/jwks.json", nil, &found)
	for _, key := range found.Keys {
		publicKeys = append(publicKeys, key.X)
	}
	return err
}

func issue(t *testing.T) *licet.LicenseRecord {
	t.Helper()
	license, err := admin.Licenses.Create(ctx, licet.LicenseParams{Plan: plan, CustomerEmail: "dev@example.com"})
	must(t, err)
	return license
}

// startDevice returns a client on a device of its own, which remembers nothing.
func startDevice(t *testing.T, key string, change ...func(*licet.Options)) *licet.Client {
	t.Helper()
	options := licet.Options{URL: server, AppID: "live-client", Key: key, PublicKeys: publicKeys,
		Store: &licet.MemoryStore{}, Fingerprint: t.Name() + time.Now().String()}
	for _, each := range change {
		each(&options)
	}
	client, err := licet.New(options)
	must(t, err)
	return client
}

func at(url string) func(*licet.Options) {
	return func(o *licet.Options) { o.URL, o.Timeout = url, 500*time.Millisecond }
}

func keptIn(store licet.Store) func(*licet.Options) {
	return func(o *licet.Options) { o.Store = store }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, state licet.State, status licet.Status, source licet.Source, code licet.Code) {
	t.Helper()
	if state.Status != status || state.Source != source || state.Code != code {
		t.Errorf("the state is %+v", state)
	}
}

func TestALicenseIsConfirmedByTheServerAndValidWhileItIsAway(t *testing.T) {
	domain, license, store := licet.ForDomain("https://shop.example.com/cart"), issue(t), &licet.MemoryStore{}
	kept := func(o *licet.Options) { o.Store, o.Fingerprint = store, "" }
	state := startDevice(t, license.Key, kept).Check(ctx, domain)
	expect(t, state, licet.Licensed, licet.SourceServer, "")
	if state.License.Plan != plan || state.RefreshAfter.IsZero() {
		t.Errorf("the state is %+v", state)
	}
	client := startDevice(t, license.Key, kept, at(nowhere))
	expect(t, client.Check(ctx, domain, licet.RequireFeatures("sso")), licet.Licensed, licet.SourceLease, "")
	expect(t, client.Check(ctx, domain, licet.Fresh()), licet.Licensed, licet.SourceLease, "")
	expect(t, client.Check(ctx, domain, licet.RequireFeatures("audit")), licet.Refused, licet.SourceLease,
		licet.ErrFeatureNotIncluded)
	other := licet.ForDomain("shop.example.com.attacker.example")
	expect(t, client.Check(ctx, other), licet.Unknown, licet.SourceNone, licet.ErrNoAnswer)
}

func TestARefusalIsStoredAndOutlivesTheNextOutage(t *testing.T) {
	store, license := &licet.MemoryStore{}, issue(t)
	fingerprint := licet.ForFingerprint("one device")
	_, err := admin.Licenses.Suspend(ctx, license.ID, "payment failed")
	must(t, err)
	state := startDevice(t, license.Key, keptIn(store)).Check(ctx, fingerprint)
	expect(t, state, licet.Refused, licet.SourceServer, licet.ErrLicenseSuspended)
	later := startDevice(t, license.Key, keptIn(store), at(nowhere)).Check(ctx, fingerprint)
	expect(t, later, licet.Refused, licet.SourceCache, licet.ErrLicenseSuspended)
}

func TestAServerWithAnotherSigningKeyIsNoAnswer(t *testing.T) {
	client := startDevice(t, issue(t).Key, func(o *licet.Options) {
		o.PublicKeys = []string{"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
	})
	expect(t, client.Check(ctx), licet.Unknown, licet.SourceNone, licet.ErrNoAnswer)
}

func TestALicenseWithoutPinnedKeysIsConfirmedAndCachedToo(t *testing.T) {
	store, license := &licet.MemoryStore{}, issue(t)
	unpinned := func(o *licet.Options) { o.PublicKeys, o.Store, o.Fingerprint = nil, store, "one device" }
	expect(t, startDevice(t, license.Key, unpinned).Check(ctx), licet.Licensed, licet.SourceServer, "")
	later := startDevice(t, license.Key, unpinned, at(nowhere)).Check(ctx)
	expect(t, later, licet.Licensed, licet.SourceCache, "")
}

func TestDevicesAreActivatedUpToTheLimitAndDeactivated(t *testing.T) {
	license := issue(t)
	first, second, third := startDevice(t, license.Key), startDevice(t, license.Key), startDevice(t, license.Key)
	activation, err := first.Activate(ctx, licet.Named("A laptop"))
	must(t, err)
	again, err := first.Activate(ctx)
	must(t, err)
	if activation.Kind != "device" || activation.Name != "A laptop" || again.ID != activation.ID {
		t.Errorf("the activations are %+v and %+v", activation, again)
	}
	_, err = second.Activate(ctx)
	must(t, err)
	if _, err = third.Activate(ctx); !errors.Is(err, licet.ErrDeviceLimitReached) {
		t.Errorf("the error is %v", err)
	}
	_, err = first.Deactivate(ctx)
	must(t, err)
	_, err = third.Activate(ctx)
	must(t, err)
}

func TestAValidationAsksTheServerEachTimeAndReturnsARefusal(t *testing.T) {
	license := issue(t)
	client := startDevice(t, license.Key)
	verdict, err := client.Validate(ctx)
	must(t, err)
	must(t, verdict.Err())
	_, err = admin.Licenses.Suspend(ctx, license.ID, "")
	must(t, err)
	verdict, err = client.Validate(ctx)
	must(t, err)
	if !errors.Is(verdict.Err(), licet.ErrLicenseSuspended) || client.Check(ctx).Allowed {
		t.Errorf("the verdict is %+v", verdict)
	}
	_, err = admin.Licenses.Reinstate(ctx, license.ID)
	must(t, err)
	expect(t, client.Check(ctx, licet.Fresh()), licet.Licensed, licet.SourceServer, "")
}

func TestAFloatingSeatIsUsedByOneDeviceAtATime(t *testing.T) {
	license := issue(t)
	one, other := startDevice(t, license.Key), startDevice(t, license.Key)
	hold, err := one.Seats.Hold(ctx)
	must(t, err)
	if _, err := other.Seats.Acquire(ctx); !errors.Is(err, licet.ErrSeatLimitReached) {
		t.Errorf("the error is %v", err)
	}
	must(t, hold.Close())
	seat, err := other.Seats.Acquire(ctx)
	must(t, err)
	renewed, err := other.Seats.Renew(ctx, seat.ID)
	must(t, err)
	if renewed.ID != seat.ID || time.Until(renewed.ExpiresAt) <= 0 {
		t.Errorf("the seat is %+v", renewed)
	}
	must(t, other.Seats.Release(ctx, seat.ID))
}

func TestALicenseFileWorksWithoutAnyServerUntilItIsReturned(t *testing.T) {
	license := issue(t)
	client := startDevice(t, license.Key, at(nowhere))
	request, err := client.CreateOfflineRequest(ctx, licet.Named("A press"))
	must(t, err)
	var issued licet.LicenseFile
	must(t, admin.Request(ctx, "POST", "/api/v1/offline/activate", map[string]string{"request": request.Code}, &issued))
	state, err := client.ImportFile(ctx, issued.File)
	must(t, err)
	expect(t, state, licet.Licensed, licet.SourceFile, "")
	expect(t, client.Check(ctx), licet.Licensed, licet.SourceFile, "")
	elsewhere := licet.Verify(issued.File, publicKeys, licet.VerifyOptions{Fingerprint: "another-device"})
	expect(t, elsewhere, licet.Unknown, licet.SourceFile, licet.ErrFingerprintMismatch)
	if _, err := startDevice(t, license.Key).ImportFile(ctx, issued.File); !errors.Is(err, licet.ErrFingerprintMismatch) {
		t.Errorf("the error is %v", err)
	}
	code, err := client.ReturnFile(ctx)
	must(t, err)
	must(t, admin.Request(ctx, "POST", "/api/v1/offline/deactivate", map[string]string{"key": license.Key, "code": code}, nil))
	expect(t, client.Check(ctx), licet.Refused, licet.SourceCache, licet.ErrFileReturned)
}

func TestARevocationReachesADeviceWithoutAConnectionByAFeed(t *testing.T) {
	license := issue(t)
	client := startDevice(t, license.Key, at(nowhere), func(o *licet.Options) { o.Fingerprint = "a lab" })
	issued, err := admin.Licenses.CreateFile(ctx, license.ID, licet.FileParams{Fingerprint: "a lab"})
	must(t, err)
	_, err = client.ImportFile(ctx, issued.File)
	must(t, err)
	_, err = admin.Licenses.Revoke(ctx, license.ID, "chargeback")
	must(t, err)
	var feed string
	must(t, admin.Request(ctx, "GET", "/api/v1/revocations", nil, &feed, licet.WithQuery(licet.Query{"format": "file"})))
	state, err := client.ImportRevocations(ctx, feed)
	must(t, err)
	expect(t, state, licet.Refused, licet.SourceFile, licet.ErrLicenseRevoked)
}

func TestALicenseLivesFromItsFirstKeyToItsEnd(t *testing.T) {
	license := issue(t)
	found, err := admin.Licenses.Lookup(ctx, strings.ToLower(license.Key))
	must(t, err)
	end := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	updated, err := admin.Licenses.Update(ctx, license.ID,
		licet.LicenseParams{ExpiresAt: licet.Set(end), MaxDevices: licet.Null[int64]()}, licet.IfMatch(found.Version))
	must(t, err)
	if found.ID != license.ID || !updated.ExpiresAt.Equal(end) || updated.MaxDevices != nil {
		t.Errorf("the license is %+v", updated)
	}
	_, err = admin.Licenses.Update(ctx, license.ID, licet.LicenseParams{}, licet.IfMatch(found.Version))
	var problem *licet.Problem
	if !errors.As(err, &problem) || problem.Status != 412 {
		t.Errorf("the error is %v", err)
	}
	renewed, err := admin.Licenses.Renew(ctx, license.ID, licet.RenewParams{Days: licet.Set[int64](10)})
	must(t, err)
	rotated, err := admin.Licenses.RotateKey(ctx, license.ID, licet.RotateKeyParams{})
	must(t, err)
	if !renewed.ExpiresAt.Equal(end.AddDate(0, 0, 10)) || rotated.Key == license.Key {
		t.Errorf("the license is %+v", rotated)
	}
	_, err = admin.Licenses.Revoke(ctx, license.ID, "")
	must(t, err)
	var types []string
	for event, err := range admin.Licenses.Events(ctx, license.ID, licet.Query{"limit": "2"}) {
		must(t, err)
		types = append(types, event.Type)
	}
	if types[0] != "license.revoked" || types[len(types)-1] != "license.created" {
		t.Errorf("the events are %v", types)
	}
}

func TestTheSameIdempotencyKeyIssuesOneLicense(t *testing.T) {
	params := licet.LicenseParams{Plan: plan, CustomerEmail: "dev@example.com"}
	first, err := admin.Licenses.Create(ctx, params, licet.WithIdempotencyKey("order-1001-go"))
	must(t, err)
	again, err := admin.Licenses.Create(ctx, params, licet.WithIdempotencyKey("order-1001-go"))
	must(t, err)
	if again.ID != first.ID {
		t.Errorf("there are two licenses")
	}
	params.Plan = "none"
	_, err = admin.Licenses.Create(ctx, params)
	var problem *licet.Problem
	if !errors.As(err, &problem) || problem.Errors[0].Pointer != "/plan" || problem.RequestID == "" {
		t.Errorf("the error is %v", err)
	}
}

func TestListsUsageAndActivationsAreReadOverAllPages(t *testing.T) {
	license := issue(t)
	issue(t)
	_, err := startDevice(t, license.Key).Validate(ctx)
	must(t, err)
	var ids []string
	for each, err := range admin.Licenses.List(ctx, licet.Query{"product": product, "limit": "1"}) {
		must(t, err)
		ids = append(ids, each.ID)
	}
	if !slices.Contains(ids, license.ID) || len(ids) < 2 {
		t.Errorf("the licenses are %v", ids)
	}
	for usage, err := range admin.Licenses.Usage(ctx, license.ID, nil) {
		must(t, err)
		if !usage.Valid {
			t.Errorf("the usage is %+v", usage)
		}
	}
	for activation, err := range admin.Licenses.Activations(ctx, license.ID, nil) {
		must(t, err)
		must(t, admin.Licenses.DeleteActivation(ctx, license.ID, activation.ID))
	}
	left, err := admin.Licenses.Get(ctx, license.ID)
	must(t, err)
	if left.Devices != 0 {
		t.Errorf("there are %d devices", left.Devices)
	}
}

func TestWebhooksPlansAndEventsAreManaged(t *testing.T) {
	created, err := admin.Webhooks.Create(ctx, licet.WebhookParams{URL: "https://hooks.example.com", Events: []string{"*"}})
	must(t, err)
	rotated, err := admin.Webhooks.RotateSecret(ctx, created.ID)
	must(t, err)
	if !strings.HasPrefix(*created.Secret, "whsec_") || *rotated.Secret == *created.Secret {
		t.Errorf("the secrets are the same")
	}
	updated, err := admin.Webhooks.Update(ctx, created.ID, licet.WebhookParams{Enabled: licet.Set(false)})
	must(t, err)
	must(t, admin.Webhooks.Delete(ctx, created.ID))
	if _, err := admin.Webhooks.Get(ctx, created.ID); updated.Enabled || !errors.Is(err, licet.Code("not_found")) {
		t.Errorf("the endpoint is %+v (%v)", updated, err)
	}
	changed, err := admin.Plans.Update(ctx, plan, licet.PlanParams{Name: "Professional"})
	must(t, err)
	if changed.Name != "Professional" || *changed.MaxDevices != 2 {
		t.Errorf("the plan is %+v", changed)
	}
	for event, err := range admin.Events.List(ctx, licet.Query{"limit": "1"}) {
		must(t, err)
		same, err := admin.Events.Get(ctx, event.ID)
		must(t, err)
		if same.Type != event.Type {
			t.Errorf("the events are %+v and %+v", event, same)
		}
		break
	}
}
