package licet

import (
	"encoding/json"
	"time"
)

// Status is the result of a check in one word.
type Status string

// The statuses, and how the app should respond to each.
const (
	// Licensed: the license is valid. Run.
	Licensed Status = "licensed"
	// Grace: it is, but the server has not confirmed it since StaleSince. Run, and ask for a connection.
	Grace Status = "grace"
	// Refused: the vendor's server has said no. Show the message, and ask for another key.
	Refused Status = "refused"
	// Unknown: nothing proves either. The app decides.
	Unknown Status = "unknown"
)

// Source says what a state is based on.
type Source string

// The sources of a state.
const (
	SourceServer Source = "server"
	SourceLease  Source = "lease"
	SourceFile   Source = "file"
	SourceCache  Source = "cache"
	SourceNone   Source = "none"
)

// License is what a customer has bought.
type License struct {
	ID       string
	Plan     string
	Features Features
	// ExpiresAt is the end of the license; zero without an end.
	ExpiresAt time.Time
}

// Features are the values of a license by their names: bool, string or json.Number.
type Features map[string]any

// Has reports whether the license includes a feature: it is there, and neither false nor 0.
func (f Features) Has(name string) bool {
	switch value := f[name].(type) {
	case nil:
		return false
	case bool:
		return value
	case json.Number:
		float, err := value.Float64()
		return err != nil || float != 0
	}
	return true
}

// Int returns the value of a feature such as a limit; 0 if it is not an integer.
func (f Features) Int(name string) int64 {
	number, _ := f[name].(json.Number)
	integer, _ := number.Int64()
	return integer
}

// Text returns the value of a feature such as a tier; "" if it is not a text.
func (f Features) Text(name string) string {
	text, _ := f[name].(string)
	return text
}

// State is the result of a check. Times that do not apply are zero.
type State struct {
	// Allowed says whether the app may run: the status is Licensed or Grace.
	Allowed bool
	Status  Status
	Source  Source
	// Code says why the status is Refused or Unknown.
	Code Code
	// Message is for the user.
	Message string
	// License is nil if the state is not allowed.
	License *License
	// Warnings are codes such as EXPIRES_SOON.
	Warnings []string
	// StaleSince is the time since which a confirmation is due, in Grace.
	StaleSince   time.Time
	RefreshAfter time.Time
	// ValidUntil is the end of the state if the server does not confirm it before.
	ValidUntil time.Time
}

// Err returns nil if the app may run, and otherwise a *RefusedError with the code.
func (s State) Err() error {
	if s.Allowed {
		return nil
	}
	return &RefusedError{Code: s.Code, Message: s.Message}
}

// requireFeatures refuses an allowed state without one of the features.
func (s State) requireFeatures(names []string) State {
	for _, name := range names {
		if s.Allowed && !s.License.Features.Has(name) {
			message := "The license does not include the feature \"" + name + "\"."
			return deny(Refused, ErrFeatureNotIncluded, message, s.Source)
		}
	}
	return s
}

// isUsable reports whether a record decides. A server that does not answer is then asked only once.
func (s State) isUsable() bool { return s.Status != Unknown }

func deny(status Status, code Code, message string, source Source) State {
	return State{Status: status, Source: source, Code: code, Message: message, Warnings: []string{}}
}

func fromSeconds(seconds int64) time.Time {
	return time.Unix(min(seconds, maxSeconds), 0).UTC()
}
