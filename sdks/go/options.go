package licet

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Version is that of this SDK. It is part of the User-Agent.
const Version = "0.1.0"

const (
	userAgent        = "licet-go/" + Version
	defaultTimeout   = 3 * time.Second
	defaultRefresh   = 24 * time.Hour
	defaultHardLimit = 30 * 24 * time.Hour
)

// Options are those of a client. Only URL and AppID are required.
type Options struct {
	// URL is the address of the server, such as https://licenses.example.com.
	URL string
	// AppID is the name of your app in letters, digits, dots and dashes. Never change it.
	AppID string
	// Key is the customer's license key, as it was pasted. Without it, only a license file can allow the app.
	Key string
	// Product is the slug of your product, so that keys of other products are refused.
	Product string
	// PublicKeys are those that `licet signing keys` prints. With them, no other server can answer.
	PublicKeys []string
	// Domain is the site on which the app runs, and Fingerprint the device. By default, a license is for
	// this device, or with a domain for that alone.
	Domain, Fingerprint string
	// Store is where records are kept; a file in the user's configuration directory by default.
	Store Store
	// Timeout limits the wait for one answer; 3 seconds by default.
	Timeout time.Duration
	// Refresh and HardLimit say for how long a stored answer is used if no keys are pinned: it is refreshed
	// after a day by default, and ends after 30 days. With keys, the plan decides.
	Refresh, HardLimit time.Duration
	// HTTPClient sends the requests; one with the proxy of the environment by default. It never
	// follows redirects.
	HTTPClient *http.Client
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// BuiltAt is when the app was built: a clock that shows an earlier time is wrong.
	BuiltAt time.Time
	// OnProblem receives every failure that is not returned, for your log. It may be called by several
	// goroutines at once.
	OnProblem func(error)
}

var appID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// checkAppID refuses IDs that would be another path of a file.
func checkAppID(id string) error {
	if !appID.MatchString(id) {
		return errors.New("licet: AppID must be 1–100 letters, digits, dots, dashes or underscores")
	}
	return nil
}

// complete checks the options, and fills in the defaults.
func (o Options) complete() (Options, error) {
	if err := checkAppID(o.AppID); err != nil {
		return o, err
	}
	for i, x := range o.PublicKeys {
		if key := parsePublicKey(x); key == nil || !isSoundPoint(key) {
			return o, fmt.Errorf("licet: PublicKeys[%d] must be a key that `licet signing keys` has printed", i)
		}
	}
	if o.Timeout < 0 || o.Refresh < 0 || o.HardLimit < 0 {
		return o, errors.New("licet: Timeout, Refresh and HardLimit must not be negative")
	}
	base, err := parseServerURL(o.URL)
	if err != nil {
		return o, err
	}
	o.URL, o.HTTPClient = base, withoutRedirects(o.HTTPClient)
	o.Timeout, o.Refresh = orDefault(o.Timeout, defaultTimeout), orDefault(o.Refresh, defaultRefresh)
	o.HardLimit = orDefault(o.HardLimit, defaultHardLimit)
	if o.Store == nil {
		o.Store = openFileStore(o.AppID)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnProblem == nil {
		o.OnProblem = func(error) {}
	}
	return o, nil
}

func orDefault(value, otherwise time.Duration) time.Duration {
	if value == 0 {
		return otherwise
	}
	return value
}

// parseServerURL returns the address of a server without a slash at its end.
func parseServerURL(text string) (string, error) {
	base, err := url.Parse(text)
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return "", errors.New("licet: the URL must be the address of the server, such as https://licenses.example.com")
	}
	return strings.TrimRight(base.String(), "/"), nil
}

// withoutRedirects returns a client that does not follow redirects: a captive portal redirects, and the key must
// not follow.
func withoutRedirects(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	copied := *client
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// CallOption changes one call of a client. A call ignores options that it has no use for.
type CallOption func(*call)

// call has the options of one call. Nil members are those of the client.
type call struct {
	key, domain, fingerprint *string
	withoutDevice            bool
	name, version            string
	features                 []string
	fresh                    bool
	borrowDays               int
}

// ForKey replaces the license key of the client.
func ForKey(key string) CallOption { return func(c *call) { c.key = &key } }

// ForDomain checks the license for a site instead of this device.
func ForDomain(domain string) CallOption { return func(c *call) { c.domain = &domain } }

// ForFingerprint replaces the fingerprint of the device.
func ForFingerprint(fingerprint string) CallOption {
	return func(c *call) { c.fingerprint = &fingerprint }
}

// WithoutDevice names no device.
func WithoutDevice() CallOption { return func(c *call) { c.withoutDevice = true } }

// Named gives the device a name in the vendor's list of activations.
func Named(name string) CallOption { return func(c *call) { c.name = name } }

// AppVersion reports the version of the app for the vendor's statistics.
func AppVersion(version string) CallOption { return func(c *call) { c.version = version } }

// RequireFeatures refuses a license without one of the features, also offline.
func RequireFeatures(names ...string) CallOption {
	return func(c *call) { c.features = append(c.features, names...) }
}

// Fresh waits for the server even if the stored license allows the app to run.
func Fresh() CallOption { return func(c *call) { c.fresh = true } }

// BorrowDays keeps a seat for so many days, without a connection and without renewing it.
func BorrowDays(days int) CallOption { return func(c *call) { c.borrowDays = days } }

func newCall(options []CallOption) call {
	var c call
	for _, option := range options {
		option(&c)
	}
	return c
}
