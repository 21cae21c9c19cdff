package licet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const testKey = "TO-04HM-ASW9-NF6Y-Y0CN"

const validAnswer = `{"valid":true,"license":{"id":"lic_1","plan":"pro","features":{"sso":true,"projects":10,` +
	`"big":9007199254740993,"none":0},"expiresAt":null},"warnings":[]}`

// newTestClient returns a client of a server that answers with handle.
func newTestClient(t *testing.T, handle http.HandlerFunc, change ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	options := Options{URL: server.URL, AppID: testAppID, Key: testKey, Fingerprint: "device-1", Store: &MemoryStore{}}
	for _, each := range change {
		each(&options)
	}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestAnOptionThatIsWrongIsNamed(t *testing.T) {
	good := Options{URL: "https://licenses.example.com", AppID: "com.example.editor"}
	for _, each := range []struct {
		name   string
		change func(*Options)
	}{
		{"URL", func(o *Options) { o.URL = "licenses.example.com" }},
		{"URL", func(o *Options) { o.URL = "https://licenses.example.com/?a=b" }},
		{"AppID", func(o *Options) { o.AppID = "../editor" }},
		{"PublicKeys[0]", func(o *Options) { o.PublicKeys = []string{"short"} }},
		{"PublicKeys[1]", func(o *Options) {
			o.PublicKeys = []string{"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", strings.Repeat("A", 43)}
		}},
		{"Timeout", func(o *Options) { o.Timeout = -1 }},
	} {
		options := good
		each.change(&options)
		if _, err := New(options); err == nil || !strings.Contains(err.Error(), each.name) {
			t.Errorf("%s: the error is %v", each.name, err)
		}
	}
}

func TestACheckWithoutAKeyAsksNobody(t *testing.T) {
	client := newTestClient(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") },
		func(o *Options) { o.Key = " \n" })
	state := client.Check(context.Background())
	if state.Status != Unknown || !errors.Is(state.Err(), ErrNoAnswer) || !strings.Contains(state.Message, "no license key") {
		t.Errorf("the state is %+v", state)
	}
	if _, err := client.Validate(context.Background()); !errors.Is(err, errKeyMissing) {
		t.Errorf("the error is %v", err)
	}
}

func TestFeaturesKeepTheirExactValues(t *testing.T) {
	client := newTestClient(t, answer(200, validAnswer))
	for range 2 {
		features := client.Check(context.Background()).License.Features
		if !features.Has("sso") || features.Has("none") || features.Has("other") || features.Int("projects") != 10 ||
			features.Int("big") != 9007199254740993 {
			t.Errorf("the features are %v", features)
		}
	}
}

func TestAnEndedContextLeavesTheStoredState(t *testing.T) {
	blocked := make(chan struct{})
	var count atomic.Int32
	client := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) > 1 {
			<-blocked
		}
		answer(200, validAnswer)(w, r)
	})
	defer close(blocked)
	client.Check(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if state := client.Check(ctx, Fresh()); !state.Allowed || state.Source != SourceCache {
		t.Errorf("the state is %+v", state)
	}
	if _, err := client.Validate(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoAnswer) {
		t.Errorf("the error is %v", err)
	}
}

func TestARestartDuringAnOutageKeepsTheLicense(t *testing.T) {
	var isDown atomic.Bool
	store := &FileStore{Directory: t.TempDir()}
	handle := func(w http.ResponseWriter, r *http.Request) {
		if isDown.Load() {
			answer(503, `{"error":"down"}`)(w, r)
			return
		}
		answer(200, validAnswer)(w, r)
	}
	start := func() *Client { return newTestClient(t, handle, func(o *Options) { o.Store = store }) }
	start().Check(context.Background())
	isDown.Store(true)
	client := start()
	if state := client.Check(context.Background(), Fresh()); !state.Allowed {
		t.Errorf("the state is %+v", state)
	}
	if _, err := client.Validate(context.Background()); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("the error is %v", err)
	}
}

func TestARefusedActivationIsFoundByItsCode(t *testing.T) {
	client := newTestClient(t, answer(409, `{"code":"DEVICE_LIMIT_REACHED","detail":"All devices are in use.",`+
		`"details":{"limit":2,"used":2},"errors":[{"pointer":"/fingerprint","detail":"is new"}],"request_id":"req_1"}`))
	_, err := client.Activate(context.Background())
	var problem *Problem
	if !errors.Is(err, ErrDeviceLimitReached) || !errors.As(err, &problem) || errors.Is(err, ErrNoAnswer) {
		t.Fatalf("the error is %v", err)
	}
	if problem.Status != 409 || problem.RequestID != "req_1" || problem.Details["limit"] != json.Number("2") ||
		problem.Errors[0] != (FieldError{"/fingerprint", "is new"}) {
		t.Errorf("the problem is %+v", problem)
	}
}

func TestAHeldSeatRenewsItselfUntilItIsReleased(t *testing.T) {
	renewed, released := make(chan struct{}, 100), make(chan struct{})
	client := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/seats/renew":
			renewed <- struct{}{}
		case "/api/v1/seats/release":
			close(released)
		}
		end := time.Now().Add(time.Second).UTC().Format(time.RFC3339)
		answer(200, fmt.Sprintf(`{"id":"seat_1","expires_at":%q}`, end))(w, r)
	})
	hold, err := client.Seats.Hold(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	<-renewed
	<-renewed
	if err := errors.Join(hold.Close(), hold.Close(), hold.Err()); err != nil {
		t.Error(err)
	}
	<-released
	select {
	case <-hold.Lost():
		t.Error("the seat is lost")
	default:
	}
}

func TestAHoldEndsWhenTheServerRefusesIt(t *testing.T) {
	var isFull atomic.Bool
	client := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isFull.Load():
			answer(200, `{"id":"seat_1","expires_at":"2020-01-01T00:00:00Z"}`)(w, r)
		case r.URL.Path == "/api/v1/seats/renew":
			answer(404, `{"code":"SEAT_NOT_FOUND","detail":"There is no such seat."}`)(w, r)
		default:
			answer(409, `{"code":"SEAT_LIMIT_REACHED","detail":"All seats are in use."}`)(w, r)
		}
	})
	hold, err := client.Seats.Hold(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	isFull.Store(true)
	<-hold.Lost()
	if err := hold.Err(); !errors.Is(err, ErrSeatLimitReached) {
		t.Errorf("the error is %v", err)
	}
	if err := hold.Close(); err != nil {
		t.Error(err)
	}
}

func TestRetriesWaitAsTheServerAsks(t *testing.T) {
	minute, longer := time.Minute, time.Minute+1
	failure := func(after *time.Duration) error { return &NoAnswerError{Reason: ReasonStatus, RetryAfter: after} }
	for _, each := range []struct {
		name    string
		limits  limits
		err     error
		attempt int
		random  float64
		pause   time.Duration
		again   bool
	}{
		{"the first pause is at most half a second", limits{attempts: 3}, failure(nil), 1, 1, 500 * time.Millisecond, true},
		{"the second is at most one", limits{attempts: 3}, failure(nil), 2, 1, time.Second, true},
		{"none is above four", limits{attempts: 90}, failure(nil), 80, 1, 4 * time.Second, true},
		{"a minute is waited for", limits{attempts: 3}, failure(&minute), 1, 0, minute, true},
		{"a longer time is not", limits{attempts: 3}, failure(&longer), 1, 0, longer, false},
		{"nor what does not fit", limits{3, 10 * time.Second}, failure(&minute), 1, 0, minute, false},
		{"the last attempt is the last", limits{attempts: 3}, failure(nil), 3, 0, 0, false},
		{"a bad signature is not asked for again", limits{attempts: 3}, notSigned(""), 1, 0, 0, false},
		{"nor is a refusal", limits{attempts: 3}, newProblem(409, object{"code": "taken"}), 1, 0, 0, false},
		{"a running request is", limits{attempts: 3}, newProblem(409, object{"code": string(codeStillRunning)}), 1, 0, 0, true},
	} {
		pause, again := each.limits.decideRetry(each.err, each.attempt, 0, each.random)
		if again != each.again || (again && pause != each.pause) {
			t.Errorf("%s: %v, %v", each.name, pause, again)
		}
	}
}

func TestRetryAfterIsReadInSecondsAndAsADate(t *testing.T) {
	now := time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC)
	for text, seconds := range map[string]float64{"0": 0, "7": 7, "Fri, 15 Jan 2027 08:00:30 GMT": 30,
		"Fri, 15 Jan 2027 07:00:00 GMT": 0, "soon": -1, "-1": -1, "1.5": -1, "": -1, "99999999999999999999": -1} {
		found := -1.0
		if wait := parseRetryAfter(text, now); wait != nil {
			found = wait.Seconds()
		}
		if found != seconds {
			t.Errorf("%q is %v", text, found)
		}
	}
}

func TestVerifyNeedsNoClient(t *testing.T) {
	if state := Verify("no license", nil, VerifyOptions{}); state.Status != Unknown || state.Code != ErrMalformed {
		t.Errorf("the state is %+v", state)
	}
}

func TestTheFingerprintStaysTheSame(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("LICET_FINGERPRINT", "")
	ctx := context.Background()
	first, err := Fingerprint(ctx, testAppID)
	if second, _ := Fingerprint(ctx, testAppID); err != nil || first != second || len(first.Fingerprint) != 64 {
		t.Errorf("it is %v, then %v (%v)", first, second, err)
	}
	t.Setenv("LICET_FINGERPRINT", "rack-7")
	if found, _ := Fingerprint(ctx, testAppID); found != (Device{"rack-7", FingerprintEnvironment}) {
		t.Errorf("it is %v", found)
	}
	if _, err := Fingerprint(ctx, ".."); err == nil {
		t.Error("the app ID is accepted")
	}
}

func TestAKeyInCompatibleCharactersIsRead(t *testing.T) {
	for _, text := range []string{"𝐓𝐎-𝟎𝟒𝐇𝐌-𝐀𝐒𝐖𝟗-𝐍𝐅𝟔𝐘-𝐘𝟎𝐂𝐍", "ⓉⓄ﹣⓪④ⒽⓂ﹣ⒶⓈⓌ⑨﹣ⓃⒻ⑥Ⓨ﹣Ⓨ⓪ⒸⓃ"} {
		if key, _ := NormalizeKey(text); key != testKey {
			t.Errorf("%s is %s", text, key)
		}
	}
	if check := CheckKey(testKey + "\u0301"); check != KeyForeign {
		t.Errorf("a key with an accent is %s", check)
	}
}
