package licet

import (
	"context"
	"time"
)

const (
	// backgroundPause is the time between two refreshes in the background, which fail or do not help if the
	// clock is wrong.
	backgroundPause = time.Minute
	// maxPauses is for a server that checks the licenses of many customers with one client.
	maxPauses = 1000
)

// flight is one request about a record, which all calls at the same time share.
type flight struct {
	done    chan struct{}
	ruling  ruling
	verdict *verdict
	// err says why there is no verdict.
	err error
}

// Check decides whether the app may run: call it at launch, and as often as you like. It never fails because of
// the network, the server or the store, and returns at once if a stored license allows the app to run; a
// refresh that is due happens in the background. Otherwise it waits for the server. If the context ends
// before, the state is that of what is stored.
func (c *Client) Check(ctx context.Context, options ...CallOption) State {
	call := newCall(options)
	s := c.resolve(ctx, call)
	found := c.judgeRecord(ctx, s, nil)
	state := found.state
	switch {
	case s.key == "":
		if state.Code == ErrNoAnswer {
			state.Message = "There is no license key yet."
		}
	case state.Allowed && !call.fresh:
		if found.refresh && c.mayRefresh(s.recordName()) {
			c.refreshOnce(ctx, s, call, 1)
		}
	default:
		flight := c.refreshOnce(ctx, s, call, attemptsFor(state))
		select {
		case <-flight.done:
			state = flight.ruling.state
		case <-ctx.Done():
		}
	}
	return state.requireFeatures(call.features)
}

// Wait returns when no check is working in the background, or the context ends. Call it before the process ends.
func (c *Client) Wait(ctx context.Context) error {
	for {
		running := c.anyFlight()
		if running == nil {
			return nil
		}
		select {
		case <-running.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Client) anyFlight() *flight {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, running := range c.flights {
		return running
	}
	return nil
}

// attemptsFor returns how often to ask a server that does not answer.
func attemptsFor(state State) int {
	if state.isUsable() {
		return 1
	}
	return maxAttempts
}

// mayRefresh reports whether a refresh in the background may start, and notes that it does.
func (c *Client) mayRefresh(name string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if time.Now().Before(c.pauses[name]) {
		return false
	}
	if len(c.pauses) >= maxPauses {
		clear(c.pauses)
	}
	c.pauses[name] = time.Now().Add(backgroundPause)
	return true
}

// refreshOnce starts a request, or returns the one that is running.
func (c *Client) refreshOnce(ctx context.Context, s subject, call call, attempts int) *flight {
	name := s.recordName()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if running := c.flights[name]; running != nil {
		return running
	}
	started := &flight{done: make(chan struct{})}
	c.flights[name] = started
	// The one that ends its wait is not the only one who waits.
	ctx = context.WithoutCancel(ctx)
	go func() {
		started.ruling, started.verdict, started.err = c.refresh(ctx, s, call, attempts)
		c.mutex.Lock()
		delete(c.flights, name)
		c.mutex.Unlock()
		if started.err != nil {
			c.options.OnProblem(started.err)
		}
		close(started.done)
	}()
	return started
}

// refresh validates a license, and changes its record by the verdict. The error says why there is none.
func (c *Client) refresh(ctx context.Context, s subject, call call, attempts int) (ruling, *verdict, error) {
	fields := map[string]any{"key": s.key, "product": s.product, "fingerprint": s.fingerprint, "domain": s.domain,
		"name": call.name, "version": call.version}
	answer, err := c.post(ctx, "/validate", fields, signLease, attempts)
	var found *verdict
	ruled, _ := c.change(ctx, s, func(e evidence) (ruling, error) {
		if err == nil {
			found, err = readVerdict(answer, c.options.PublicKeys, s.product, e.Feed)
		}
		return judge(e, c.now(), found, c.terms(s)), nil
	})
	return ruled, found, err
}

// Verdict is the answer of a server to Validate.
type Verdict struct {
	Valid bool
	// License is nil if the verdict is not valid.
	License  *License
	Warnings []string
	// Code and Message say why the license is refused, and Details are facts behind that.
	Code    Code
	Message string
	Details map[string]any
}

// Err returns nil for a valid license, and otherwise a *RefusedError with the code.
func (v *Verdict) Err() error {
	if v.Valid {
		return nil
	}
	return &RefusedError{Code: v.Code, Message: v.Message}
}

// Validate asks the server in any case, and stores what follows from its answer. A refusal is a verdict, not
// an error. Errors are a *NoAnswerError, a *Problem if the request was wrong, and that of the context.
func (c *Client) Validate(ctx context.Context, options ...CallOption) (*Verdict, error) {
	call := newCall(options)
	s := c.resolve(ctx, call)
	if s.key == "" {
		return nil, errKeyMissing
	}
	attempts := attemptsFor(c.judgeRecord(ctx, s, nil).state)
	_, found, err := c.refresh(ctx, s, call, attempts)
	if err != nil {
		return nil, err
	}
	return &Verdict{found.valid, found.license, found.warnings, found.code, found.message, found.details}, nil
}
