package licet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const webhookTolerance = 300

// Codes of a *WebhookError.
const (
	ErrHeaderMissing   Code = "HEADER_MISSING"
	ErrTimestampTooOld Code = "TIMESTAMP_TOO_OLD"
	ErrTimestampTooNew Code = "TIMESTAMP_TOO_NEW"
	ErrBodyInvalid     Code = "BODY_INVALID"
)

// WebhookError is a request that Licet did not send, or sent too long ago. Answer it with 400.
type WebhookError struct {
	Code    Code
	Message string
}

func (e *WebhookError) Error() string { return fmt.Sprintf("licet: %s: %s", e.Code, e.Message) }

// Is reports whether target is the code of the error.
func (e *WebhookError) Is(target error) bool { return isCode(target, e.Code) }

// WebhookEvent is an event as Licet sends it.
type WebhookEvent struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	// Data is the JSON of what the event is about. Its license has a masked key.
	Data json.RawMessage `json:"data"`
}

// VerifyWebhook returns the event in a webhook request. It fails with a *WebhookError unless one of its
// signatures was made with one of the secrets (whsec_…, several during a rotation) within the last five
// minutes (Standard Webhooks 1.0). The body must be exactly as it arrived.
func VerifyWebhook(body []byte, header http.Header, secrets ...string) (*WebhookEvent, error) {
	return verifyWebhook(body, header, secrets, time.Now())
}

var webhookTime = regexp.MustCompile(`^[0-9]{1,15}$`)

func verifyWebhook(body []byte, header http.Header, secrets []string, now time.Time) (*WebhookEvent, error) {
	keys, err := decodeSecrets(secrets)
	if err != nil {
		return nil, err
	}
	id, timestamp := readHeaderOf(header, "Webhook-Id"), readHeaderOf(header, "Webhook-Timestamp")
	signatures := readHeaderOf(header, "Webhook-Signature")
	if id == "" || signatures == "" || !webhookTime.MatchString(timestamp) {
		return nil, &WebhookError{ErrHeaderMissing, "The request has no webhook headers."}
	}
	sent, _ := strconv.ParseInt(timestamp, 10, 64)
	switch age := now.Unix() - sent; {
	case age > webhookTolerance:
		return nil, &WebhookError{ErrTimestampTooOld, "The request is more than five minutes old."}
	case age < -webhookTolerance:
		return nil, &WebhookError{ErrTimestampTooNew, "The request is more than five minutes ahead."}
	}
	if !isSigned(id+"."+timestamp+"."+string(body), signatures, keys) {
		return nil, &WebhookError{ErrSignatureInvalid, "No signature matches."}
	}
	if _, err := parseObject(body); err != nil {
		return nil, &WebhookError{ErrBodyInvalid, "The body is not a JSON object."}
	}
	event := &WebhookEvent{}
	if err := json.Unmarshal(body, event); err != nil {
		return nil, &WebhookError{ErrBodyInvalid, err.Error()}
	}
	return event, nil
}

// readHeaderOf ignores the case of the name, also in a header that was not made by net/http.
func readHeaderOf(header http.Header, name string) string {
	for each, values := range header {
		if strings.EqualFold(each, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func decodeSecrets(secrets []string) ([][]byte, error) {
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		text := strings.TrimRight(strings.TrimPrefix(secret, "whsec_"), "=")
		key, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(key) == 0 {
			return nil, errors.New("licet: a webhook secret is not whsec_ and base64")
		}
		keys[i] = key
	}
	return keys, nil
}

func isSigned(message, signatures string, keys [][]byte) bool {
	for _, each := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(each, ",")
		if version != "v1" {
			continue
		}
		for _, key := range keys {
			hash := hmac.New(sha256.New, key)
			hash.Write([]byte(message))
			expected := base64.StdEncoding.EncodeToString(hash.Sum(nil))
			if hmac.Equal([]byte(text), []byte(expected)) {
				return true
			}
		}
	}
	return false
}
