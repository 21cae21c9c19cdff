package licet

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	adminTimeout          = 30 * time.Second
	adminRetries          = 2
	maxAdminResponseBytes = 64 * 1024 * 1024
)

// Admin is the management API, for your own servers: its API key must never be part of an app. Errors are a *Problem
// if the server answers with one, a *NoAnswerError if there is no response, in both cases after the retries,
// and that of the context. It may be used by several goroutines at once.
type Admin struct {
	Licenses *AdminLicenses
	Plans    *AdminPlans
	Products *AdminProducts
	Webhooks *AdminWebhooks
	Events   *AdminEvents

	url, token string
	options    AdminOptions
}

// AdminOptions are those of an Admin. Zero values are the defaults.
type AdminOptions struct {
	// Timeout limits each attempt; 30 seconds by default.
	Timeout time.Duration
	// Retries says how often a request is repeated after a failure that may pass; 2 by default, and never if
	// it is negative.
	Retries int
	// HTTPClient sends the requests; one with the proxy of the environment by default. It never
	// follows redirects.
	HTTPClient *http.Client
	// UserAgent is put before that of the SDK, such as my-shop/1.0.
	UserAgent string
}

// NewAdmin returns the management API of the server at the URL. The token is an API key such as licet_….
func NewAdmin(url, token string, options AdminOptions) (*Admin, error) {
	base, err := parseServerURL(url)
	if err != nil {
		return nil, err
	}
	token = strings.TrimSpace(token)
	if token == "" {
		return nil, errors.New("licet: the management API needs an API key")
	}
	if options.Timeout == 0 {
		options.Timeout = adminTimeout
	}
	if options.Retries == 0 {
		options.Retries = adminRetries
	}
	options.HTTPClient = withoutRedirects(options.HTTPClient)
	admin := &Admin{url: base, token: token, options: options}
	admin.Licenses, admin.Plans = &AdminLicenses{admin}, &AdminPlans{admin}
	admin.Products, admin.Webhooks = &AdminProducts{admin}, &AdminWebhooks{admin}
	admin.Events = &AdminEvents{admin}
	return admin, nil
}

// Query has the parameters of a list, as the API names them. Empty ones are left out.
type Query map[string]string

// RequestOption changes one call of the management API.
type RequestOption func(*adminRequest)

// WithIdempotencyKey sets the key of a POST, such as the ID of an order, so that you can repeat the call later without
// a second effect. By default each call has a new one, the same for all of its attempts.
func WithIdempotencyKey(key string) RequestOption {
	return func(r *adminRequest) { r.idempotencyKey = key }
}

// IfMatch makes a change fail with status 412 if the license no longer has this version.
func IfMatch(version int64) RequestOption { return func(r *adminRequest) { r.ifMatch = &version } }

// WithQuery adds parameters to the path of Request.
func WithQuery(query Query) RequestOption {
	return func(r *adminRequest) {
		for name, value := range query {
			if value != "" {
				r.query.Set(name, value)
			}
		}
	}
}

type adminRequest struct {
	method, path   string
	query          url.Values
	body           []byte
	idempotencyKey string
	ifMatch        *int64
}

// Request sends any request of the API, such as GET /api/v1/mails, with the JSON of body unless it is nil. It
// decodes the JSON of the response into result, or stores its text if result is a *string. A nil result
// ignores it. Numbers in an any become a json.Number.
func (a *Admin) Request(ctx context.Context, method, path string, body, result any, options ...RequestOption) error {
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("licet: a path starts with a slash, unlike %q", path) // It could change the host.
	}
	request := &adminRequest{method: strings.ToUpper(method), path: path, query: url.Values{},
		idempotencyKey: rand.Text()}
	for _, option := range options {
		option(request)
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("licet: %w", err)
		}
		request.body = data
	}
	limits := limits{attempts: a.attempts(request.method)}
	data, err := retry(ctx, limits, func(ctx context.Context) (adminResponse, error) { return a.send(ctx, request) })
	if err != nil {
		return err
	}
	return data.decode(result)
}

// attempts returns 1 for methods that are not idempotent. A POST is, because it always has an Idempotency-Key.
func (a *Admin) attempts(method string) int {
	if slices.Contains([]string{"GET", "HEAD", "PUT", "DELETE", "POST"}, method) {
		return max(a.options.Retries, 0) + 1
	}
	return 1
}

type adminResponse struct {
	status int
	isJSON bool
	body   []byte
}

func (r adminResponse) decode(result any) error {
	text, wantsText := result.(*string)
	switch {
	case result == nil:
		return nil
	case wantsText && !r.isJSON:
		*text = string(r.body)
		return nil
	case !r.isJSON:
		return &NoAnswerError{Reason: ReasonNotLicet, Status: r.status,
			Message: "Something else than Licet answered. Check the URL of the server."}
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.UseNumber()
	if err := decoder.Decode(result); err != nil {
		return &NoAnswerError{Reason: ReasonNotLicet, Status: r.status, Err: err,
			Message: "The response does not come from Licet, or from a newer version."}
	}
	return nil
}

func (a *Admin) send(ctx context.Context, r *adminRequest) (adminResponse, error) {
	target := a.url + r.path
	if query := r.query.Encode(); query != "" {
		separator := "?"
		if strings.Contains(r.path, "?") {
			separator = "&"
		}
		target += separator + query
	}
	request, err := newRequest(ctx, r.method, target, r.body)
	if err != nil {
		return adminResponse{}, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("User-Agent", strings.TrimSpace(a.options.UserAgent+" "+userAgent))
	if r.method == http.MethodPost {
		request.Header.Set("Idempotency-Key", r.idempotencyKey)
	}
	if r.ifMatch != nil {
		request.Header.Set("If-Match", fmt.Sprintf(`"%d"`, *r.ifMatch))
	}
	received, body, err := send(a.options.HTTPClient, request, a.options.Timeout, maxAdminResponseBytes)
	if err != nil {
		return adminResponse{}, err
	}
	kind, _, _ := mime.ParseMediaType(received.Header.Get("Content-Type"))
	isJSON := kind == "application/json" || strings.HasSuffix(kind, "+json")
	status := received.StatusCode
	if status >= 200 && status < 300 {
		return adminResponse{status, isJSON, body}, nil
	}
	members := object{}
	if isJSON {
		members, _ = parseObject(body)
	}
	problem := newProblem(status, members)
	if problem.RequestID == "" {
		problem.RequestID = received.Header.Get("X-Request-Id")
	}
	problem.RetryAfter = parseRetryAfter(received.Header.Get("Retry-After"), time.Now())
	return adminResponse{}, problem
}

// callRoute sends a request of the route, such as "PUT /api/v1/plans/{slug}", with the IDs in place of its parameters.
func callRoute[Result any](ctx context.Context, a *Admin, route string, ids []string, body any,
	options []RequestOption) (*Result, error) {
	method, path, err := fillRoute(route, ids)
	if err != nil {
		return nil, err
	}
	result := new(Result)
	if err := a.Request(ctx, method, path, body, result, options...); err != nil {
		return nil, err
	}
	return result, nil
}

// fillRoute fails for an ID that would lead to another route, such as an empty one.
func fillRoute(route string, ids []string) (method, path string, err error) {
	method, path, _ = strings.Cut(route, " ")
	for _, id := range ids {
		start, end := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		if id == "" || id == "." || id == ".." {
			return "", "", fmt.Errorf("licet: %s needs the %s of an existing object, not %q", route, path[start+1:end], id)
		}
		path = path[:start] + url.PathEscape(id) + path[end+1:]
	}
	return method, path, nil
}

// Page is one page of a list. NextCursor is the cursor of the next one, or nil.
type Page[Item any] struct {
	Data       []Item  `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

// list reads a list page by page while it is iterated. An error ends it.
func list[Item any](ctx context.Context, a *Admin, route string, ids []string, query Query) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		options := []RequestOption{WithQuery(query)}
		for {
			page, err := callRoute[Page[Item]](ctx, a, route, ids, nil, options)
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			options = []RequestOption{WithQuery(query), WithQuery(Query{"cursor": *page.NextCursor})}
		}
	}
}
