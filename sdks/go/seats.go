package licet

import (
	"context"
	"time"
)

// Seats are floating seats, which many devices share.
type Seats struct{ client *Client }

// Seat is a floating seat. Renew it before it ends.
type Seat struct {
	ID        string
	ExpiresAt time.Time
	// duration is what is left of it by the clock of the server.
	duration time.Duration
}

// Acquire acquires a floating seat for the device. Repeating it returns the same seat. Errors are a *Problem that is
// ErrSeatLimitReached if all seats are in use, a *NoAnswerError, and that of the context.
func (s *Seats) Acquire(ctx context.Context, options ...CallOption) (*Seat, error) {
	return s.acquire(ctx, newCall(options))
}

func (s *Seats) acquire(ctx context.Context, call call) (*Seat, error) {
	c := s.client
	about := c.resolveDevice(ctx, call)
	if about.key == "" {
		return nil, errKeyMissing
	}
	fields := map[string]any{"key": about.key, "fingerprint": about.fingerprint, "name": call.name,
		"borrow_days": call.borrowDays}
	// The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
	sign := signAnswer
	if call.borrowDays != 0 {
		sign = signLease
	}
	answer, err := c.post(ctx, "/seats/acquire", fields, sign, maxAttempts)
	if err != nil {
		return nil, err
	}
	seat, granted, err := s.read(ctx, about, answer)
	if err == nil && granted.verdict != nil && sign == signLease {
		c.judgeRecord(ctx, about, granted.verdict)
	}
	return seat, err
}

// Renew renews a seat. One that has lapsed is acquired again if one is free.
func (s *Seats) Renew(ctx context.Context, id string, options ...CallOption) (*Seat, error) {
	return s.renew(ctx, id, newCall(options), maxAttempts)
}

func (s *Seats) renew(ctx context.Context, id string, call call, attempts int) (*Seat, error) {
	about := s.client.resolveDevice(ctx, call)
	if about.key == "" {
		return nil, errKeyMissing
	}
	fields := map[string]any{"key": about.key, "id": id}
	answer, err := s.client.post(ctx, "/seats/renew", fields, signAnswer, attempts)
	if err != nil {
		return nil, err
	}
	seat, _, err := s.read(ctx, about, answer)
	return seat, err
}

// Release gives a seat back, so that another device can use it.
func (s *Seats) Release(ctx context.Context, id string, options ...CallOption) error {
	return s.release(ctx, id, newCall(options), maxAttempts)
}

func (s *Seats) release(ctx context.Context, id string, call call, attempts int) error {
	call.withoutDevice = true
	about := s.client.resolve(ctx, call)
	if about.key == "" {
		return errKeyMissing
	}
	fields := map[string]any{"key": about.key, "id": id}
	answer, err := s.client.post(ctx, "/seats/release", fields, signNothing, attempts)
	if err != nil {
		return err
	}
	_, err = s.client.readGrant(answer, nil)
	return err
}

// read returns the seat that was granted. With pinned keys, only the claims are read: a false server could
// prolong a seat without end.
func (s *Seats) read(ctx context.Context, about subject, answer *response) (*Seat, *grant, error) {
	granted, err := s.client.readGrant(answer, s.client.load(ctx, about).Feed)
	if err != nil {
		return nil, nil, err
	}
	if v := granted.verdict; v != nil {
		if v.seat == nil {
			return nil, nil, notSigned("The seat is not signed.")
		}
		lasts := time.Duration(v.seat.exp-*v.at) * time.Second
		return &Seat{v.seat.id, fromSeconds(v.seat.exp), lasts}, granted, nil
	}
	id, err := granted.readMember("id")
	if err != nil {
		return nil, nil, err
	}
	text, err := granted.readMember("expires_at")
	if err != nil {
		return nil, nil, err
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, nil, &NoAnswerError{Reason: ReasonNotLicet, Message: "\"expires_at\" is not a time.", Err: err}
	}
	now := s.client.now()
	if at := parseDate(answer.date); at != nil {
		now = *at
	}
	return &Seat{id, end.UTC(), end.Sub(time.Unix(now, 0))}, granted, nil
}
