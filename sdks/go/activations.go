package licet

import (
	"context"
	"errors"
	"time"
)

// Activation is a domain or device that uses a license.
type Activation struct {
	ID string
	// Kind is "domain" or "device".
	Kind string
	// Value is the normalized domain, or the fingerprint.
	Value     string
	Name      string
	CreatedAt time.Time
}

// Activate activates the domain, or else the device. Repeating it returns the same activation. Errors are a *Problem
// with the code of the refusal, such as ErrDeviceLimitReached, a *NoAnswerError, and that of the context.
func (c *Client) Activate(ctx context.Context, options ...CallOption) (*Activation, error) {
	call := newCall(options)
	s := c.resolve(ctx, call)
	fields, err := describePlace(s)
	if err != nil {
		return nil, err
	}
	fields["name"] = call.name
	answer, err := c.post(ctx, "/activate", fields, signLease, maxAttempts)
	if err != nil {
		return nil, err
	}
	granted, err := c.readGrant(answer, c.load(ctx, s).Feed)
	if err != nil {
		return nil, err
	}
	if granted.verdict != nil {
		c.judgeRecord(ctx, s, granted.verdict)
	}
	return readActivation(granted)
}

// Deactivate frees the slot of the domain, or else of the device, and deletes the stored license.
func (c *Client) Deactivate(ctx context.Context, options ...CallOption) (*Activation, error) {
	s := c.resolve(ctx, newCall(options))
	fields, err := describePlace(s)
	if err != nil {
		return nil, err
	}
	answer, err := c.post(ctx, "/deactivate", fields, signNothing, maxAttempts)
	if err != nil {
		return nil, err
	}
	granted, err := c.readGrant(answer, nil)
	if err != nil {
		return nil, err
	}
	c.deleteRecord(ctx, s)
	return readActivation(granted)
}

// describePlace names either the domain or the device, as the server wants.
func describePlace(s subject) (map[string]any, error) {
	switch {
	case s.key == "":
		return nil, errKeyMissing
	case s.domain != "":
		return map[string]any{"key": s.key, "domain": s.domain}, nil
	case s.fingerprint != "":
		return map[string]any{"key": s.key, "fingerprint": s.fingerprint}, nil
	}
	return nil, errors.New("licet: name the domain or the device to activate or deactivate")
}

func readActivation(g *grant) (*Activation, error) {
	id, err := g.readMember("id")
	if err != nil {
		return nil, err
	}
	value, err := g.readMember("value")
	if err != nil {
		return nil, err
	}
	created, err := g.readMember("created_at")
	if err != nil {
		return nil, err
	}
	found := &Activation{ID: id, Kind: "device", Value: value}
	if kind, _ := g.body.text("kind"); kind == "domain" {
		found.Kind = kind
	}
	found.Name, _ = g.body.text("name")
	found.CreatedAt, _ = time.Parse(time.RFC3339, created)
	return found, nil
}
