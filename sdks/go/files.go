package licet

import (
	"context"
	"errors"
	"time"
)

// ImportFile imports a license file, and returns the state with it. Fails with a *TokenError if the file is not for
// this app and device.
func (c *Client) ImportFile(ctx context.Context, text string, options ...CallOption) (State, error) {
	return c.runImport(ctx, text, options, addFile)
}

// ImportRevocations imports a revocation feed on a device without a connection, and returns the state with it.
// Fails with a *TokenError.
func (c *Client) ImportRevocations(ctx context.Context, text string, options ...CallOption) (State, error) {
	return c.runImport(ctx, text, options, addRevocations)
}

func (c *Client) runImport(ctx context.Context, text string, options []CallOption,
	add func(evidence, int64, string, terms) (ruling, error)) (State, error) {
	if !c.isPinned() {
		return State{}, errors.New("licet: set Options.PublicKeys, since files are verified with them")
	}
	call := newCall(options)
	s := c.resolve(ctx, call)
	found, err := c.change(ctx, s, func(e evidence) (ruling, error) {
		return add(e, c.now(), trimSpace(text), c.terms(s))
	})
	if err != nil {
		return State{}, err
	}
	return found.state.requireFeatures(call.features), nil
}

// OfflineRequest is how a device without a connection asks for a license file.
type OfflineRequest struct {
	// Code is a text such as LQ1.eyJ2Ijox…. It contains the license key.
	Code string
	// URL is a page of the server with the code in its fragment, for a link or a QR code.
	URL string
}

// CreateOfflineRequest returns the code with which this device asks for a license file.
func (c *Client) CreateOfflineRequest(ctx context.Context, options ...CallOption) (OfflineRequest, error) {
	call := newCall(options)
	call.withoutDevice = false
	s := c.resolve(ctx, call)
	if s.key == "" {
		return OfflineRequest{}, errKeyMissing
	}
	if s.fingerprint == "" {
		s.fingerprint = c.Device(ctx).Fingerprint
	}
	request := offlineRequest{Product: s.product, Key: s.key, Fingerprint: s.fingerprint, Name: call.name,
		Nonce: newNonce()}
	code := request.encode()
	return OfflineRequest{code, c.options.URL + "/offline#" + code}, nil
}

// ReturnFile deletes the license file of this device, and returns the code that frees its slot, such as 7Q4MX-0ZD9K.
// The same file cannot be imported again. Fails with a *TokenError without a file that can be returned.
func (c *Client) ReturnFile(ctx context.Context, options ...CallOption) (string, error) {
	s := c.resolve(ctx, newCall(options))
	var code string
	_, err := c.change(ctx, s, func(e evidence) (ruling, error) {
		file := e.token(typeFile)
		if file == nil || file.ret == nil {
			return ruling{}, &TokenError{ErrMalformed, "There is no license file that can be returned."}
		}
		code = returnCode(*file.ret, file.jti)
		next := e.record
		next.File = nil
		next.Tombstone = &tombstone{ErrFileReturned, "The license of this device was returned.", file.iat}
		return ruling{record: next}, nil
	})
	return code, err
}

// VerifyOptions are what a license must be for, unless it is for any.
type VerifyOptions struct {
	Product, Fingerprint, Domain string
	// Features are names of features without which the state is Refused.
	Features []string
	// Now is the time; that of the clock by default.
	Now time.Time
}

// Verify returns the state that a license file or a lease gives on its own, without a client, a store or a
// network. Any other text is Unknown, with a code such as ErrSignatureInvalid.
func Verify(text string, publicKeys []string, options VerifyOptions) State {
	opened, err := openEither(trimSpace(text), publicKeys, typeFile, typeLease)
	var fault *TokenError
	if errors.As(err, &fault) {
		return deny(Unknown, fault.Code, fault.Message, SourceNone)
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	t := terms{publicKeys: publicKeys, features: options.Features,
		binding: binding{options.Product, options.Fingerprint, options.Domain}}
	return judge(evidence{record{V: 1}, []*token{opened}}, options.Now.Unix(), nil, t).state
}
