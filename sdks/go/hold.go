package licet

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// renewAfter is the part of its time after which a seat is renewed, so that two renewals may fail.
	renewAfter = 3
	retryAfter = 10
	minDelay   = 200 * time.Millisecond
	maxDelay   = time.Hour
	// closeTimeout limits how long Close waits for the server.
	closeTimeout = 10 * time.Second
)

// Hold is a seat that renews itself until it is released.
type Hold struct {
	seats *Seats
	call  call

	mutex sync.Mutex
	seat  Seat
	err   error

	lost    chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
	result  error
}

// Hold acquires a seat, and renews it in the background, also after an outage or a restart of the server. An
// outage never ends it, whatever its length. The context limits the acquisition only: release the seat with
// Release or Close.
func (s *Seats) Hold(ctx context.Context, options ...CallOption) (*Hold, error) {
	call := newCall(options)
	call.borrowDays = 0
	seat, err := s.acquire(ctx, call)
	if err != nil {
		return nil, err
	}
	hold := &Hold{seats: s, call: call, seat: *seat, lost: make(chan struct{}), stop: make(chan struct{}),
		stopped: make(chan struct{})}
	go hold.run(context.WithoutCancel(ctx))
	return hold, nil
}

// Seat returns the seat as it was renewed last.
func (h *Hold) Seat() Seat {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.seat
}

// Lost is closed when the server no longer grants a seat. Err says why.
func (h *Hold) Lost() <-chan struct{} { return h.lost }

// Err returns the *Problem with which the server has ended the hold, or nil.
func (h *Hold) Err() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.err
}

// Release ends the renewals and gives the seat back. If the server does not answer, the seat just lapses.
// Only the first call has an effect.
func (h *Hold) Release(ctx context.Context) error {
	h.once.Do(func() {
		close(h.stop)
		// A renewal that arrives after the release would acquire the seat again.
		<-h.stopped
		if h.Err() == nil {
			h.result = h.seats.release(ctx, h.Seat().ID, h.call, 1)
		}
	})
	return h.result
}

// Close is Release for a defer statement.
func (h *Hold) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return h.Release(ctx)
}

func (h *Hold) run(ctx context.Context) {
	defer close(h.stopped)
	delay := h.Seat().duration / renewAfter
	for {
		timer := time.NewTimer(min(max(delay, minDelay), maxDelay))
		select {
		case <-h.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		seat, err := h.renew(ctx)
		var problem *Problem
		switch {
		case err == nil:
			h.set(*seat, nil)
			delay = seat.duration / renewAfter
			continue
		case errors.As(err, &problem):
			h.set(h.Seat(), err)
			close(h.lost)
		}
		h.seats.client.options.OnProblem(err)
		if problem != nil {
			return
		}
		delay = h.Seat().duration / retryAfter
	}
}

// renew acquires a seat again that was removed by hand, or that a restored backup of the server lacks.
func (h *Hold) renew(ctx context.Context) (*Seat, error) {
	seat, err := h.seats.renew(ctx, h.Seat().ID, h.call, 1)
	if errors.Is(err, ErrSeatNotFound) {
		return h.seats.acquire(ctx, h.call)
	}
	return seat, err
}

func (h *Hold) set(seat Seat, err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.seat, h.err = seat, err
}
