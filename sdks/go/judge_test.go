package licet

import (
	"errors"
	"testing"
)

type tokenOptions struct {
	Type        string
	PublicKeys  []string
	Now         int64
	Product     string
	Fingerprint string
	Domain      string
	Features    []string
	Nonce       string
	RequestBody *string
	Route       string
	Feed        *feed
	Refresh     int64
	HardLimit   int64
	BuiltAt     int64
}

func (o tokenOptions) proof() proof {
	p := proof{nonce: o.Nonce, route: o.Route}
	if o.RequestBody != nil {
		p.body = []byte(*o.RequestBody)
	}
	return p
}

func (o tokenOptions) terms() terms {
	return terms{binding: binding{o.Product, o.Fingerprint, o.Domain}, publicKeys: o.PublicKeys,
		features: o.Features, refresh: o.Refresh, hardLimit: o.HardLimit, builtAt: o.BuiltAt}
}

func TestTokens(t *testing.T) {
	vectors := readVectors[struct {
		Cases []struct {
			ID, Description, Text string
			Options               tokenOptions
			Expected              map[string]any
		}
	}](t, "tokens.json")
	for _, each := range vectors.Cases {
		runCase(t, "tokens.json, "+each.ID+": "+each.Description, func(t *testing.T) {
			o := each.Options
			found, err := verifyToken(each.Text, o.Type, expectations{proof: o.proof(), binding: o.terms().binding,
				publicKeys: o.PublicKeys, now: o.Now, feed: o.Feed})
			assertMatches(t, toJSON(t, describeToken(found, err, o)), each.Expected)
		})
	}
}

func describeToken(found *token, err error, o tokenOptions) map[string]any {
	var fault *TokenError
	if errors.As(err, &fault) {
		return map[string]any{"ok": false, "code": fault.Code}
	}
	if found.typ == typeAnswer || found.typ == typeRevocations {
		return map[string]any{"ok": true, "valid": found.valid, "to": found.to, "more": found.more}
	}
	e := evidence{record: record{V: 1}, tokens: []*token{found}}
	ruled := judge(e, o.Now, nil, o.terms())
	return map[string]any{"ok": true, "state": ruled.state.Status, "refresh": ruled.refresh,
		"clockBehind": readClock(e, o.Now, 0).isBehind}
}

func TestClock(t *testing.T) {
	vectors := readVectors[struct {
		Cases []struct {
			ID, Description     string
			Floor, BuiltAt, Now int64
			IssuedAt            []int64
			Expected            map[string]any
		}
	}](t, "clock.json")
	for _, each := range vectors.Cases {
		runCase(t, "clock.json, "+each.ID+": "+each.Description, func(t *testing.T) {
			e := evidence{record: record{Floor: each.Floor}}
			for _, iat := range each.IssuedAt {
				e.tokens = append(e.tokens, &token{claims: &claims{iat: iat}})
			}
			clock := readClock(e, each.Now, each.BuiltAt)
			found := map[string]any{"time": clock.time, "behind": clock.isBehind, "floor": clock.floor}
			assertMatches(t, toJSON(t, found), each.Expected)
		})
	}
}

type judgeStep struct {
	Now     int64
	Options map[string]any
	Outcome *struct {
		Failure string
		Status  int
		Headers map[string]string
		Body    string
	}
	ImportFile, ImportRevocations *string
	Expected                      map[string]any
}

func TestJudge(t *testing.T) {
	vectors := readVectors[struct {
		Cases []struct {
			ID, Description string
			Options         map[string]any
			Record          any
			Steps           []judgeStep
		}
	}](t, "judge.json")
	for _, each := range vectors.Cases {
		runCase(t, "judge.json, "+each.ID+": "+each.Description, func(t *testing.T) {
			stored := encode(t, each.Record)
			for _, step := range each.Steps {
				options := map[string]any{"refresh": 86400, "hardLimit": 2592000}
				for _, more := range []map[string]any{each.Options, step.Options} {
					for name, value := range more {
						options[name] = value
					}
				}
				ruled, err := playJudge(parseRecord(stored), step, decode[tokenOptions](t, encode(t, options)))
				var fault *TokenError
				found := map[string]any{"state": describeState(ruled.state), "record": ruled.record,
					"refresh": ruled.refresh}
				if errors.As(err, &fault) {
					found = map[string]any{"error": fault.Code, "record": parseRecord(stored)}
				} else {
					stored = ruled.record.encode()
				}
				assertMatches(t, toJSON(t, found), step.Expected)
			}
		})
	}
}

func playJudge(r record, step judgeStep, o tokenOptions) (ruling, error) {
	e := openRecord(r, o.PublicKeys)
	switch {
	case step.ImportFile != nil:
		return addFile(e, step.Now, *step.ImportFile, o.terms())
	case step.ImportRevocations != nil:
		return addRevocations(e, step.Now, *step.ImportRevocations, o.terms())
	case step.Outcome == nil || step.Outcome.Failure != "":
		return judge(e, step.Now, nil, o.terms()), nil
	}
	outcome := step.Outcome
	answer := &response{outcome.Status, outcome.Headers["date"], []byte(outcome.Body), o.proof()}
	found, _ := readVerdict(answer, o.PublicKeys, o.Product, r.Feed)
	return judge(e, step.Now, found, o.terms()), nil
}
