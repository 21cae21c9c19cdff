package licet

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const (
	maxFirstPause = 500 * time.Millisecond
	maxPause      = 4 * time.Second
	// maxRetryAfter is the longest Retry-After that is waited for.
	maxRetryAfter = time.Minute
)

// limits are those of all attempts together. A total of 0 is none.
type limits struct {
	attempts int
	total    time.Duration
}

// isPassingStatus reports whether a server that answers with a status may answer with another one soon.
func isPassingStatus(status int) bool {
	return status >= 500 || slices.Contains([]int{408, 425, 429}, status)
}

// passing reports whether another attempt may succeed, and how long the server asked to wait. A captive portal or
// a wrong signature would be the same again.
func passing(err error) (bool, *time.Duration) {
	var noAnswer *NoAnswerError
	var problem *Problem
	switch {
	case errors.As(err, &noAnswer):
		reasons := []NoAnswerReason{ReasonTimeout, ReasonNetwork, ReasonStatus}
		return slices.Contains(reasons, noAnswer.Reason), noAnswer.RetryAfter
	case errors.As(err, &problem):
		return isPassingStatus(problem.Status) || problem.Code == codeStillRunning, problem.RetryAfter
	}
	return false, nil
}

// decideRetry returns how long to wait before the next attempt, or false to give up. Attempts count from 1, and
// random is from 0 to 1.
func (l limits) decideRetry(err error, attempt int, elapsed time.Duration, random float64) (time.Duration, bool) {
	isPassing, retryAfter := passing(err)
	if attempt >= l.attempts || !isPassing {
		return 0, false
	}
	growing := min(maxFirstPause<<min(attempt-1, 10), maxPause)
	pause := time.Duration(random * float64(growing))
	if retryAfter != nil {
		pause = *retryAfter
	}
	return pause, pause <= maxRetryAfter && (l.total == 0 || elapsed+pause < l.total)
}

// retry calls attempt until it succeeds, fails for good, or the limits are reached.
func retry[Result any](ctx context.Context, l limits, attempt func(context.Context) (Result, error)) (Result, error) {
	started := time.Now()
	inner := ctx
	if l.total > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithDeadline(ctx, started.Add(l.total))
		defer cancel()
	}
	for count := 1; ; count++ {
		result, err := attempt(inner)
		if ctx.Err() != nil && err != nil {
			return result, ctx.Err()
		}
		pause, again := l.decideRetry(err, count, time.Since(started), rand.Float64())
		if err == nil || !again {
			return result, err
		}
		if err := sleep(ctx, pause); err != nil {
			return result, err
		}
	}
}

func sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var digits = regexp.MustCompile(`^[0-9]{1,9}$`)

// parseRetryAfter reads a Retry-After in seconds or as a date (RFC 9110, section 10.2.3).
func parseRetryAfter(value string, now time.Time) *time.Duration {
	var wait time.Duration
	if digits.MatchString(value) {
		seconds, _ := strconv.Atoi(value)
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = max(0, at.Sub(now))
	} else {
		return nil
	}
	return &wait
}
