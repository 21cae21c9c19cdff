package licet

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Code says why a license, a token or a request was refused. It is an error of its own, so that
// errors.Is(err, licet.ErrDeviceLimitReached) finds it in every error of this package. A code that is
// not listed here is compared in the same way: errors.Is(err, licet.Code("SEATS_NOT_ENABLED")).
type Code string

func (c Code) Error() string { return "licet: " + string(c) }

// Codes of verdicts, states and refused calls.
const (
	ErrLicenseNotFound    Code = "LICENSE_NOT_FOUND"
	ErrLicenseExpired     Code = "LICENSE_EXPIRED"
	ErrLicenseSuspended   Code = "LICENSE_SUSPENDED"
	ErrLicenseRevoked     Code = "LICENSE_REVOKED"
	ErrFeatureNotIncluded Code = "FEATURE_NOT_INCLUDED"
	ErrDeviceLimitReached Code = "DEVICE_LIMIT_REACHED"
	ErrDomainLimitReached Code = "DOMAIN_LIMIT_REACHED"
	ErrSeatLimitReached   Code = "SEAT_LIMIT_REACHED"
	ErrSeatNotFound       Code = "SEAT_NOT_FOUND"
	ErrFileReturned       Code = "FILE_RETURNED"
	ErrCacheExpired       Code = "CACHE_EXPIRED"
	ErrNoAnswer           Code = "NO_ANSWER"
)

// WarningClockBehind is the warning of a state if the clock of the device is behind.
const WarningClockBehind = "CLOCK_BEHIND"

// codeStillRunning is that of a request that is repeated while its first attempt still runs.
const codeStillRunning Code = "idempotency_in_progress"

const (
	messageNothingStored  = "No license is stored here yet, and the server did not answer."
	messageTooLongOffline = "The license was not confirmed for too long. Connect to the internet."
)

// Codes of a *TokenError.
const (
	ErrMalformed           Code = "MALFORMED"
	ErrTypeUnexpected      Code = "TYPE_UNEXPECTED"
	ErrKeyUnknown          Code = "KEY_UNKNOWN"
	ErrSignatureInvalid    Code = "SIGNATURE_INVALID"
	ErrKeyRevoked          Code = "KEY_REVOKED"
	ErrNonceMismatch       Code = "NONCE_MISMATCH"
	ErrRequestMismatch     Code = "REQUEST_MISMATCH"
	ErrProductMismatch     Code = "PRODUCT_MISMATCH"
	ErrFingerprintMismatch Code = "FINGERPRINT_MISMATCH"
	ErrDomainMismatch      Code = "DOMAIN_MISMATCH"
	ErrLeaseExpired        Code = "LEASE_EXPIRED"
	ErrFileExpired         Code = "FILE_EXPIRED"
	ErrFeedGap             Code = "FEED_GAP"
)

// explanations are for people.
var explanations = map[Code]string{
	ErrMalformed:           "The license is incomplete or damaged.",
	ErrTypeUnexpected:      "This is not a license.",
	ErrKeyUnknown:          "The license was signed by an unknown key.",
	ErrSignatureInvalid:    "The signature of the license is wrong.",
	ErrKeyRevoked:          "The license was signed with a stolen key. Ask for a new one.",
	ErrNonceMismatch:       "This is the answer to another request.",
	ErrRequestMismatch:     "This is the answer to another request.",
	ErrProductMismatch:     "The license is for another product.",
	ErrFingerprintMismatch: "The license is for another device.",
	ErrDomainMismatch:      "The license is for another domain.",
	ErrLicenseRevoked:      "The license has been revoked.",
	ErrLeaseExpired:        messageTooLongOffline,
	ErrFileExpired:         "The license file has expired. Ask for a new one.",
	ErrFeedGap:             "Import the earlier revocations first.",
}

// TokenError is a token, license file or revocation feed that proves nothing.
type TokenError struct {
	Code    Code
	Message string
}

func (e *TokenError) Error() string { return fmt.Sprintf("licet: %s: %s", e.Code, e.Message) }

// Is reports whether target is the code of the error.
func (e *TokenError) Is(target error) bool { return isCode(target, e.Code) }

func newTokenError(code Code) *TokenError {
	return &TokenError{Code: code, Message: explanations[code]}
}

func malformed(why string) *TokenError {
	return &TokenError{Code: ErrMalformed, Message: "This text is incomplete or damaged: " + why + "."}
}

// RefusedError is the error of a state or verdict that does not allow the app to run.
type RefusedError struct {
	Code    Code
	Message string
}

func (e *RefusedError) Error() string { return fmt.Sprintf("licet: %s: %s", e.Code, e.Message) }

// Is reports whether target is the code of the error.
func (e *RefusedError) Is(target error) bool { return isCode(target, e.Code) }

func isCode(target error, code Code) bool {
	wanted, ok := target.(Code)
	return ok && wanted == code
}

// NoAnswerReason says why there is no answer.
type NoAnswerReason string

// The reasons of a *NoAnswerError.
const (
	ReasonTimeout   NoAnswerReason = "timeout"
	ReasonNetwork   NoAnswerReason = "network"
	ReasonStatus    NoAnswerReason = "status"
	ReasonNotLicet  NoAnswerReason = "not_licet"
	ReasonTooLarge  NoAnswerReason = "too_large"
	ReasonSignature NoAnswerReason = "signature"
)

// NoAnswerError says that the server gave no answer that counts: a timeout, a network failure, status
// 408, 425, 429 or 5xx, something else than Licet (a captive portal), or a response without the signature
// that was asked for. It never means that a license is invalid. It is ErrNoAnswer for errors.Is.
type NoAnswerError struct {
	Reason NoAnswerReason
	// Status is 0 without a response.
	Status  int
	Message string
	// RetryAfter is how long the server asked to wait, or nil.
	RetryAfter *time.Duration
	// Err is the failure of the network, if there is one.
	Err error
}

func (e *NoAnswerError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("licet: no answer: %s (%v)", e.Message, e.Err)
	}
	return "licet: no answer: " + e.Message
}

// Is reports whether target is ErrNoAnswer.
func (e *NoAnswerError) Is(target error) bool { return isCode(target, ErrNoAnswer) }

func (e *NoAnswerError) Unwrap() error { return e.Err }

// FieldError is one field of a request that the server rejected. Pointer is a JSON pointer into the body.
type FieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Problem is a request that the server answered with an error (RFC 9457). It is also the error of a
// refused activation, deactivation or seat. Its code is an error for errors.Is.
type Problem struct {
	Status int
	Code   Code
	// Detail is a sentence that says what to do.
	Detail string
	Errors []FieldError
	// Details are facts about a refusal, such as a limit. Numbers are of the type json.Number.
	Details    map[string]any
	RequestID  string
	RetryAfter *time.Duration
}

func (e *Problem) Error() string {
	text := fmt.Sprintf("licet: %s (%d): %s", e.Code, e.Status, e.Detail)
	for _, field := range e.Errors {
		text += fmt.Sprintf(" %s: %s", field.Pointer, field.Detail)
	}
	return text
}

// Is reports whether target is the code of the problem.
func (e *Problem) Is(target error) bool { return isCode(target, e.Code) }

// newProblem reads a response. A member of a wrong type counts as missing.
func newProblem(status int, body object) *Problem {
	problem := &Problem{Status: status, Code: Code(fmt.Sprintf("HTTP_%d", status))}
	if code, ok := body.text("code"); ok {
		problem.Code = Code(code)
	}
	if problem.Detail, _ = body.text("detail"); problem.Detail == "" {
		problem.Detail = fmt.Sprintf("The server answered with status %d.", status)
	}
	list, _ := body["errors"].([]any)
	for _, each := range list {
		var field FieldError
		data, err := json.Marshal(each)
		if err == nil && json.Unmarshal(data, &field) == nil && field.Pointer+field.Detail != "" {
			problem.Errors = append(problem.Errors, field)
		}
	}
	details, _ := body.object("details")
	problem.Details = details
	problem.RequestID, _ = body.text("request_id")
	return problem
}

// errorOf returns what a response reports that grants nothing: a problem, or nothing that counts.
func errorOf(status int, body object) error {
	_, hasCode := body.text("code")
	if status >= 400 && status < 500 && hasCode {
		return newProblem(status, body)
	}
	message := fmt.Sprintf("The response with status %d does not come from Licet.", status)
	return &NoAnswerError{Reason: ReasonNotLicet, Status: status, Message: message}
}

// isServerError reports whether the error comes from a server or the lack of one, and not from the caller.
func isServerError(err error) bool {
	var problem *Problem
	return errors.Is(err, ErrNoAnswer) || errors.As(err, &problem)
}
