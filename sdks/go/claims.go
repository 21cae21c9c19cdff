package licet

import (
	"encoding/json"
	"errors"
)

// The types of tokens.
const (
	typeLease       = "licet-lease+jwt"
	typeFile        = "licet-file+jwt"
	typeAnswer      = "licet-answer+jwt"
	typeRevocations = "licet-revocations+jwt"
)

// maxSeconds is the end of the year 9999: a larger number is not in seconds.
const maxSeconds = 253_402_300_799

// claims are those of all types of tokens. Pointers are nil for null, and for claims that a type
// does not have. Times are in seconds since 1970.
type claims struct {
	iss, jti      string
	iat, nbf, exp int64

	aud, sub      *string
	valid         bool
	plan          string
	features      Features
	warnings      []string
	end           *int64
	fp            *string
	dom           []string // nil: any domain
	act           []string
	sea           *seatClaim
	rfa, vld      int64
	non, req, rte *string
	rev           int64
	ret           *string

	code, message string
	details       map[string]any

	from, to      int64
	more          bool
	revoked, keys map[string]int64
}

// seatClaim is the floating seat that a token relies on, and when it ends.
type seatClaim struct {
	id  string
	exp int64
}

func (c *claims) license() *License {
	license := &License{ID: *c.sub, Plan: c.plan, Features: c.features}
	if c.end != nil {
		license.ExpiresAt = fromSeconds(*c.end)
	}
	return license
}

// claimReader reads claims, and remembers whether one of them was missing or of a wrong type.
type claimReader struct {
	object
	failed bool
}

func (r *claimReader) check(ok bool) {
	r.failed = r.failed || !ok
}

func (r *claimReader) readText(name string) string {
	text, ok := r.text(name)
	r.check(ok)
	return text
}

func (r *claimReader) readTextOrNull(name string) *string {
	if r.isNull(name) {
		return nil
	}
	text := r.readText(name)
	return &text
}

// isNull reports whether a claim is there and null.
func (r *claimReader) isNull(name string) bool {
	value, exists := r.object[name]
	return exists && value == nil
}

func (r *claimReader) readCount(name string, most int64) int64 {
	number, ok := count(r.object[name], most)
	r.check(ok)
	return number
}

func (r *claimReader) readTime(name string) int64 {
	return r.readCount(name, maxSeconds)
}

func (r *claimReader) readBool(name string) bool {
	value, ok := r.object[name].(bool)
	r.check(ok)
	return value
}

func (r *claimReader) readTexts(name string) []string {
	list, ok := texts(r.object[name])
	r.check(ok)
	return list
}

func (r *claimReader) readFeatures(name string) Features {
	features, ok := r.object.object(name)
	r.check(ok)
	for _, value := range features {
		switch value := value.(type) {
		case bool, string:
		case json.Number:
			_, err := value.Float64()
			r.check(err == nil)
		default:
			r.check(false)
		}
	}
	return Features(features)
}

func (r *claimReader) readSeat(name string) *seatClaim {
	seat, ok := r.object.object(name)
	r.check(ok)
	reader := claimReader{object: seat}
	claim := &seatClaim{id: reader.readText("id"), exp: reader.readTime("exp")}
	r.check(!reader.failed)
	return claim
}

// readTimes reads a list of pairs of an ID and a time.
func (r *claimReader) readTimes(name string) map[string]int64 {
	list, ok := r.object[name].([]any)
	r.check(ok)
	times := make(map[string]int64, len(list))
	for _, each := range list {
		pair, ok := each.([]any)
		if !ok || len(pair) != 2 {
			r.check(false)
			return nil
		}
		id, isText := pair[0].(string)
		seconds, isTime := count(pair[1], maxSeconds)
		r.check(isText && isTime)
		times[id] = seconds
	}
	return times
}

var errClaims = errors.New("its claims are wrong")

// readClaims fails unless all claims of the type are there, have their types, and are in order.
// Further claims are ignored.
func readClaims(typ string, payload object) (*claims, error) {
	r := &claimReader{object: payload}
	c := &claims{iss: r.readText("iss"), jti: r.readText("jti"),
		iat: r.readTime("iat"), nbf: r.readTime("nbf"), exp: r.readTime("exp")}
	r.check(c.nbf <= c.iat && c.iat <= c.exp)
	if typ == typeRevocations {
		r.readRevocations(c)
	} else {
		r.readAnswer(typ, c)
	}
	if r.failed {
		return nil, errClaims
	}
	return c, nil
}

func (r *claimReader) readRevocations(c *claims) {
	c.from, c.to = r.readCount("from", maxCount), r.readCount("to", maxCount)
	r.check(c.from <= c.to)
	c.more = r.readBool("more")
	c.revoked, c.keys = r.readTimes("revoked"), r.readTimes("keys")
}

func (r *claimReader) readAnswer(typ string, c *claims) {
	c.valid = r.readBool("valid")
	c.aud, c.sub = r.readTextOrNull("aud"), r.readTextOrNull("sub")
	c.non, c.req = r.readTextOrNull("non"), r.readTextOrNull("req")
	if route, ok := r.text("rte"); ok {
		c.rte = &route
	}
	c.rev = r.readCount("rev", maxCount)
	switch {
	case c.valid:
		r.readTerms(typ, c)
	case typ == typeAnswer:
		c.code, c.message = r.readText("error"), r.readText("message")
		if _, exists := r.object["details"]; exists {
			details, ok := r.object.object("details")
			r.check(ok)
			c.details = details
		}
	default:
		r.check(false)
	}
	if typ != typeAnswer {
		r.readBindings(typ, c)
	}
}

func (r *claimReader) readTerms(typ string, c *claims) {
	r.check(c.aud != nil && c.sub != nil)
	c.plan, c.features, c.warnings = r.readText("plan"), r.readFeatures("features"), r.readTexts("warnings")
	if !r.isNull("end") {
		end := r.readTime("end")
		c.end = &end
	}
	_, hasSeat := r.object["sea"]
	if !r.isNull("sea") && (hasSeat || typ != typeAnswer) {
		c.sea = r.readSeat("sea")
	}
}

func (r *claimReader) readBindings(typ string, c *claims) {
	c.fp, c.act = r.readTextOrNull("fp"), r.readTexts("act")
	if !r.isNull("dom") {
		c.dom = r.readTexts("dom")
	}
	c.rfa, c.vld = r.readTime("rfa"), r.readTime("vld")
	r.check(c.rfa <= c.vld && c.vld <= c.exp)
	if typ == typeFile {
		c.ret = r.readTextOrNull("ret")
	}
}
