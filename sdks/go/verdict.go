package licet

import (
	"errors"
	"net/http"
	"time"
)

// response is what a server answered to a request of an app, and the request.
type response struct {
	status int
	// date is the header of that name, or "".
	date  string
	body  []byte
	proof proof
}

// verdict is what a server decided about a license.
type verdict struct {
	valid    bool
	license  *License
	warnings []string
	// at is when the server decided, in seconds; nil if it did not say.
	at *int64
	// lease is nil if the answer is no lease, and signed its text.
	lease  *token
	signed string
	// seat is the one that was granted, if the server has signed one.
	seat *seatClaim
	// body is the response, if it needs no signature.
	body *validBody

	code    Code
	message string
	details map[string]any
}

// readVerdict decides whether a response is a verdict (conformance suite, §The judge, 1), and returns an error
// if it is not. With pinned keys, only a signed answer is one, and nothing beside it is read.
func readVerdict(r *response, publicKeys []string, product string, feed *feed) (*verdict, error) {
	body, err := parseObject(r.body)
	if r.status != http.StatusOK && r.status != http.StatusNotFound {
		return nil, errorOf(r.status, body)
	}
	if len(publicKeys) > 0 {
		found, err := readSigned(body, r.proof, publicKeys, product, feed)
		var problem *Problem
		if reported := errorOf(r.status, body); err != nil && errors.As(reported, &problem) {
			return nil, reported
		}
		return found, err
	}
	at := parseDate(r.date)
	if granted, ok := parseValidBody(body); ok && err == nil && r.status == http.StatusOK {
		return &verdict{valid: true, license: granted.License.license(), warnings: granted.Warnings, at: at,
			body: &granted}, nil
	}
	code, hasCode := body.text("error")
	message, hasMessage := body.text("message")
	if body["valid"] != false || !hasCode || !hasMessage {
		return nil, errorOf(r.status, body)
	}
	details, _ := body.object("details")
	return &verdict{code: Code(code), message: message, details: details, at: at}, nil
}

func readSigned(body object, proof proof, publicKeys []string, product string, feed *feed) (*verdict, error) {
	signed, ok := body.text("signed")
	if !ok {
		return nil, notSigned("The response is not signed.")
	}
	opened, err := openEither(signed, publicKeys, typeLease, typeAnswer)
	if err != nil {
		return nil, notSigned(err.Error())
	}
	if code := opened.findProofFault(proof, feed); code != "" {
		return nil, notSigned("The signature proves nothing: " + string(code) + ".")
	}
	if !opened.valid {
		return &verdict{code: Code(opened.code), message: opened.message, details: opened.details,
			at: &opened.iat}, nil
	}
	if product != "" && *opened.aud != product {
		return nil, notSigned("The signed answer is about another product.")
	}
	found := &verdict{valid: true, license: opened.license(), warnings: opened.warnings, at: &opened.iat,
		seat: opened.sea, signed: signed}
	if opened.typ == typeLease {
		found.lease = opened
	}
	return found, nil
}

func notSigned(message string) error {
	return &NoAnswerError{Reason: ReasonSignature, Message: message}
}

func parseDate(date string) *int64 {
	parsed, err := http.ParseTime(date)
	if err != nil {
		if parsed, err = time.Parse(time.RFC1123, date); err != nil {
			return nil
		}
	}
	seconds := parsed.Unix()
	return &seconds
}
