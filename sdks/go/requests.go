package licet

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	maxAttempts      = 3
	totalTime        = 10 * time.Second
	maxResponseBytes = 1024 * 1024
	nonceBytes       = 16
)

// signing is the kind of signature that a request asks for if keys are pinned.
type signing int

const (
	signNothing signing = iota
	signAnswer
	signLease
)

// post sends a request of an app. Its error is a *NoAnswerError if all attempts fail, or that of the context.
func (c *Client) post(ctx context.Context, route string, fields map[string]any, sign signing, attempts int,
) (*response, error) {
	limits := limits{attempts: attempts, total: totalTime}
	return retry(ctx, limits, func(ctx context.Context) (*response, error) {
		members := map[string]any{}
		for name, value := range fields {
			if value != "" && value != 0 {
				members[name] = value
			}
		}
		sent := proof{route: route}
		if c.isPinned() && sign != signNothing {
			sent.nonce = newNonce()
			members["nonce"] = sent.nonce
			if sign == signLease {
				members["lease"] = true
			}
		}
		body, err := json.Marshal(members)
		if err != nil {
			return nil, err
		}
		sent.body = body
		request, err := newRequest(ctx, http.MethodPost, c.options.URL+"/api/v1"+route, body)
		if err != nil {
			return nil, err
		}
		return c.exchange(request, sent)
	})
}

func (c *Client) exchange(request *http.Request, sent proof) (*response, error) {
	received, body, err := send(c.options.HTTPClient, request, c.options.Timeout, maxResponseBytes)
	if err != nil {
		return nil, err
	}
	if status := received.StatusCode; isPassingStatus(status) {
		return nil, &NoAnswerError{Reason: ReasonStatus, Status: status,
			Message:    fmt.Sprintf("The server answered %d.", status),
			RetryAfter: parseRetryAfter(received.Header.Get("Retry-After"), time.Now())}
	}
	return &response{received.StatusCode, received.Header.Get("Date"), body, sent}, nil
}

func newNonce() string {
	nonce := make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // It never fails.
	return base64.RawURLEncoding.EncodeToString(nonce)
}

// newRequest returns a request with JSON. A nil body is none.
func newRequest(ctx context.Context, method, url string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("licet: %w", err)
	}
	// The transport must not repeat a request by itself.
	request.GetBody = nil
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// send sends one request, and reads the response up to a limit, all within the timeout. Its error is a
// *NoAnswerError if there is no response, or a redirect.
func send(client *http.Client, request *http.Request, timeout time.Duration, maxBytes int64,
) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(request.Context(), timeout)
	defer cancel()
	received, err := client.Do(request.WithContext(ctx))
	if err != nil {
		return nil, nil, networkError(err, timeout)
	}
	defer received.Body.Close()
	if status := received.StatusCode; status >= 300 && status < 400 {
		return nil, nil, &NoAnswerError{Reason: ReasonNotLicet, Status: status,
			Message: "The address redirects, which Licet never does."}
	}
	body, err := io.ReadAll(io.LimitReader(received.Body, maxBytes+1))
	if err != nil {
		return nil, nil, networkError(err, timeout)
	}
	if int64(len(body)) > maxBytes {
		return nil, nil, &NoAnswerError{Reason: ReasonTooLarge, Status: received.StatusCode,
			Message: fmt.Sprintf("The response has more than %d bytes.", maxBytes)}
	}
	return received, body, nil
}

func networkError(err error, timeout time.Duration) error {
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		return &NoAnswerError{Reason: ReasonTimeout, Message: fmt.Sprintf("No answer within %v.", timeout), Err: err}
	}
	return &NoAnswerError{Reason: ReasonNetwork, Message: "The server cannot be reached.", Err: err}
}

// grant is what the server granted, with its signed verdict if keys are pinned.
type grant struct {
	body    object
	verdict *verdict
}

// readGrant fails with a *Problem if the server refuses, and with a *NoAnswerError if the response is not one of
// Licet or, with pinned keys, not signed.
func (c *Client) readGrant(r *response, feed *feed) (*grant, error) {
	body, err := parseObject(r.body)
	if r.status != http.StatusOK {
		return nil, errorOf(r.status, body)
	}
	if err != nil {
		return nil, &NoAnswerError{Reason: ReasonNotLicet, Message: "The response does not come from Licet."}
	}
	if r.proof.nonce == "" {
		return &grant{body: body}, nil
	}
	found, err := readVerdict(r, c.options.PublicKeys, c.options.Product, feed)
	if err != nil {
		return nil, err
	}
	if !found.valid {
		return nil, notSigned("The response grants what its signature refuses.")
	}
	return &grant{body, found}, nil
}

// readMember returns a member of a response that is a text.
func (g *grant) readMember(name string) (string, error) {
	text, ok := g.body.text(name)
	if !ok {
		return "", &NoAnswerError{Reason: ReasonNotLicet, Message: "The response has no \"" + name + "\"."}
	}
	return text, nil
}
