package licet

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"
)

// Client checks the license of an app, online and offline. Create one with New and keep it. It may be used
// by several goroutines at once.
type Client struct {
	// Seats are floating seats, which many devices share.
	Seats *Seats

	options Options
	store   *fallbackStore
	// jitter is the part of its time by which a refresh is early, so that not all apps ask at once.
	jitter float64

	mutex   sync.Mutex
	device  *Device
	turns   map[string]*turn
	flights map[string]*flight
	pauses  map[string]time.Time
}

const maxJitter = 0.1

// New returns a client, or an error that says which option is wrong.
func New(options Options) (*Client, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	client := &Client{
		options: options,
		store:   &fallbackStore{Store: options.Store, report: options.OnProblem},
		jitter:  rand.Float64() * maxJitter,
		turns:   map[string]*turn{},
		flights: map[string]*flight{},
		pauses:  map[string]time.Time{},
	}
	client.Seats = &Seats{client}
	return client, nil
}

func (c *Client) now() int64 { return c.options.Now().Unix() }

func (c *Client) isPinned() bool { return len(c.options.PublicKeys) > 0 }

// terms returns what the judge needs to know about a subject.
func (c *Client) terms(s subject) terms {
	t := terms{
		binding:    s.binding,
		publicKeys: c.options.PublicKeys,
		refresh:    int64(c.options.Refresh / time.Second),
		hardLimit:  int64(c.options.HardLimit / time.Second),
	}
	if !c.options.BuiltAt.IsZero() {
		t.builtAt = c.options.BuiltAt.Unix()
	}
	return t
}

// resolve completes the options of a call with those of the client and the fingerprint of the device.
func (c *Client) resolve(ctx context.Context, call call) subject {
	s := subject{binding: binding{product: c.options.Product}}
	key := strings.TrimSpace(or(call.key, c.options.Key))
	if normalized, ok := NormalizeKey(key); ok {
		key = normalized
	}
	s.key, s.domain = key, or(call.domain, c.options.Domain)
	if call.withoutDevice {
		return s
	}
	s.fingerprint = or(call.fingerprint, "")
	if strings.TrimSpace(s.fingerprint) == "" {
		s.fingerprint = c.options.Fingerprint
	}
	if strings.TrimSpace(s.fingerprint) == "" {
		s.fingerprint = ""
		if s.domain == "" {
			s.fingerprint = c.Device(ctx).Fingerprint
		}
	}
	return s
}

// resolveDevice is like resolve, for calls that are about a device and no domain.
func (c *Client) resolveDevice(ctx context.Context, call call) subject {
	none := ""
	call.domain, call.withoutDevice = &none, false
	return c.resolve(ctx, call)
}

func or(value *string, otherwise string) string {
	if value == nil {
		return otherwise
	}
	return *value
}

var errKeyMissing = errors.New("licet: this needs a license key: set Options.Key, or pass ForKey")

// Device returns the fingerprint of this device, which stays the same as long as the client.
func (c *Client) Device(ctx context.Context) Device {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.device == nil {
		// A canceled call must not give the device another fingerprint.
		ctx = context.WithoutCancel(ctx)
		found := findDevice(ctx, c.options.AppID, c.options.Fingerprint, os.Getenv, findMachineID, c.store)
		c.device = &found
	}
	return *c.device
}

// turn lets one change of a record happen after the other.
type turn struct {
	sync.Mutex
	waiting int
}

// takeTurn locks a record, and returns the function that unlocks it.
func (c *Client) takeTurn(name string) func() {
	c.mutex.Lock()
	own := c.turns[name]
	if own == nil {
		own = &turn{}
		c.turns[name] = own
	}
	own.waiting++
	c.mutex.Unlock()
	own.Lock()
	return func() {
		own.Unlock()
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if own.waiting--; own.waiting == 0 {
			delete(c.turns, name)
		}
	}
}

// load reads the record of a subject. A damaged or missing one is empty.
func (c *Client) load(ctx context.Context, s subject) evidence {
	return openRecord(parseRecord(c.store.get(ctx, s.recordName())), c.options.PublicKeys)
}

// change changes the record of a subject. It is read right before, since another process may have changed it,
// and written only if it differs.
func (c *Client) change(ctx context.Context, s subject, change func(evidence) (ruling, error)) (ruling, error) {
	// A canceled call must not lose what a server has said.
	ctx = context.WithoutCancel(ctx)
	name := s.recordName()
	defer c.takeTurn(name)()
	before := c.load(ctx, s)
	found, err := change(before)
	if err != nil {
		return found, err
	}
	if text := found.record.encode(); text != before.encode() {
		c.store.put(ctx, name, text)
	}
	return found, nil
}

// judgeRecord judges a license by its record, and a verdict if there is one.
func (c *Client) judgeRecord(ctx context.Context, s subject, v *verdict) ruling {
	found, _ := c.change(ctx, s, func(e evidence) (ruling, error) {
		found := judge(e, c.now(), v, c.terms(s))
		found.refresh = found.refresh || c.isAlmostDue(e)
		return found, nil
	})
	return found
}

// isAlmostDue reports whether a refresh is due with the jitter of the client.
func (c *Client) isAlmostDue(e evidence) bool {
	early := func(from, to int64) int64 { return to - int64(float64(to-from)*c.jitter) }
	if lease := e.token(typeLease); lease != nil {
		return c.now() >= early(lease.iat, lease.rfa)
	}
	refresh := int64(c.options.Refresh / time.Second)
	return e.Answer != nil && c.now() >= early(e.Answer.At, e.Answer.At+refresh)
}

func (c *Client) deleteRecord(ctx context.Context, s subject) {
	name := s.recordName()
	defer c.takeTurn(name)()
	c.store.delete(context.WithoutCancel(ctx), name)
}
