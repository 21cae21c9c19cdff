package licet

import "cmp"

// floorStep is how often the time is noted in the record, in seconds.
const floorStep = 3600

// terms are the options of the judge. Durations and times are in seconds.
type terms struct {
	binding
	// publicKeys decide what counts: without any, nothing signed is read; with some, nothing else.
	publicKeys         []string
	features           []string
	refresh, hardLimit int64
	builtAt            int64
}

// evidence is a record with those of its tokens whose signatures are good.
type evidence struct {
	record
	tokens []*token
}

type ruling struct {
	state State
	// record is the one to store.
	record record
	// refresh says whether the server should be asked.
	refresh bool
}

// openRecord opens the lease and the file of a record. One that cannot be opened counts as absent.
func openRecord(r record, publicKeys []string) evidence {
	e := evidence{record: r}
	for typ, text := range map[string]*string{typeLease: r.Lease, typeFile: r.File} {
		if text == nil {
			continue
		}
		if opened, err := openToken(*text, typ, publicKeys); err == nil {
			e.tokens = append(e.tokens, opened)
		}
	}
	return e
}

func (e evidence) token(typ string) *token {
	for _, each := range e.tokens {
		if each.typ == typ {
			return each
		}
	}
	return nil
}

// judge decides whether an app may run (conformance suite, §The judge), at a time in seconds. Only a
// verdict of a server can refuse a license: without one, the record decides.
func judge(e evidence, now int64, v *verdict, t terms) ruling {
	found := rule(e, now, v, t)
	found.state = found.state.requireFeatures(t.features)
	return found
}

func rule(e evidence, now int64, v *verdict, t terms) ruling {
	next := e.record
	if v != nil {
		// The server's clock decides, also if that of the device was ahead before.
		next.Floor = max(now, e.Floor)
		if v.at != nil {
			next.Floor = *v.at
		}
		if v.valid {
			return accept(next, v, t)
		}
		return refuse(next, v)
	}
	clock := readClock(e, now, t.builtAt)
	found := judgeStored(e, clock.time, t)
	if clock.isBehind && found.state.Allowed {
		found.state.Warnings = append(found.state.Warnings[:len(found.state.Warnings):len(found.state.Warnings)],
			WarningClockBehind)
	}
	next.Floor = clock.floor
	found.record, found.refresh = next, found.refresh || clock.isBehind
	return found
}

// accept stores a verdict. The floor of the record is its time.
func accept(next record, v *verdict, t terms) ruling {
	next.Tombstone, next.Lease, next.Answer = nil, nil, nil
	state := State{Allowed: true, Status: Licensed, Source: SourceServer, License: v.license, Warnings: v.warnings}
	switch {
	case v.body != nil:
		next.Answer = &storedAnswer{next.Floor, *v.body}
		state.RefreshAfter = fromSeconds(next.Floor + t.refresh)
		state.ValidUntil = fromSeconds(next.Answer.end(t.hardLimit))
	case v.lease != nil:
		next.Lease = &v.signed
		state.RefreshAfter, state.ValidUntil = fromSeconds(v.lease.rfa), fromSeconds(v.lease.exp)
	}
	return ruling{state: state, record: next}
}

func refuse(next record, v *verdict) ruling {
	// A missing feature says something about the call, not about the license.
	if v.code != ErrFeatureNotIncluded {
		next.Lease, next.Answer = nil, nil
		next.Tombstone = &tombstone{v.code, v.message, next.Floor}
	}
	return ruling{state: deny(Refused, v.code, v.message, SourceServer), record: next}
}

type clockReading struct {
	// time is the one at which the record is judged.
	time     int64
	isBehind bool
	// floor is the next one of the record.
	floor int64
}

// readClock implements the conformance suite, §Clock: the clock of a device can be wrong, or set back on
// purpose.
func readClock(e evidence, now, builtAt int64) clockReading {
	floor := max(e.Floor, builtAt)
	for _, each := range e.tokens {
		floor = max(floor, each.iat)
	}
	clock := clockReading{time: now, isBehind: now < floor-clockLeeway, floor: floor}
	if clock.isBehind {
		clock.time = floor
	}
	if now >= floor+floorStep {
		clock.floor = now
	}
	return clock
}

// judgeStored decides by what is stored (conformance suite, §The judge, 3).
func judgeStored(e evidence, time int64, t terms) ruling {
	if grave := e.Tombstone; grave != nil {
		return stop(Refused, grave.Code, grave.Message, SourceCache)
	}
	if len(e.tokens) > 0 {
		return judgeTokens(e, time, t)
	}
	if e.Answer != nil && len(t.publicKeys) == 0 {
		return judgeAnswer(e.Answer, time, t)
	}
	return stop(Unknown, ErrNoAnswer, messageNothingStored, SourceNone)
}

// judgeTokens chooses among tokens that can be opened: of those that are good, the one that ends last.
func judgeTokens(e evidence, time int64, t terms) ruling {
	var good, revoked, latest *token
	var latestCode Code
	for _, each := range e.tokens {
		code := each.findProofFault(proof{}, e.Feed)
		if code == "" {
			code = each.findLicenseFault(t.binding, e.Feed, time)
		}
		if code == "" && endsLater(each, good) {
			good = each
		}
		if code == ErrLicenseRevoked && endsLater(each, revoked) {
			revoked = each
		}
		if endsLater(each, latest) {
			latest, latestCode = each, code
		}
	}
	switch {
	case good != nil:
		return allowToken(good, e, time)
	case revoked != nil:
		return stop(Refused, ErrLicenseRevoked, explanations[ErrLicenseRevoked], revoked.source())
	}
	return stop(Unknown, latestCode, explanations[latestCode], latest.source())
}

// endsLater prefers the lease to a file that ends at the same time.
func endsLater(first, second *token) bool {
	if second == nil {
		return true
	}
	order := cmp.Compare(first.exp, second.exp)
	return order > 0 || (order == 0 && first.typ == typeLease)
}

func allowToken(good *token, e evidence, time int64) ruling {
	state := State{License: good.license(), Warnings: good.warnings, Source: good.source()}
	state = state.allow(time, good.rfa, good.vld, good.exp)
	lease := e.token(typeLease)
	isLeaseDue := lease != nil && time >= lease.rfa
	return ruling{state: state, refresh: state.Status == Grace || isLeaseDue || time >= good.rfa}
}

// allow fills in the times of a state that allows the app to run.
func (s State) allow(time, refreshAfter, staleAt, end int64) State {
	s.Allowed, s.Status = true, Licensed
	if time >= staleAt {
		s.Status, s.StaleSince = Grace, fromSeconds(staleAt)
	}
	s.RefreshAfter, s.ValidUntil = fromSeconds(refreshAfter), fromSeconds(end)
	return s
}

func judgeAnswer(answer *storedAnswer, time int64, t terms) ruling {
	staleAt, end := answer.At+t.refresh, answer.end(t.hardLimit)
	if time >= end {
		return stop(Unknown, ErrCacheExpired, messageTooLongOffline, SourceCache)
	}
	body := answer.Verdict
	state := State{License: body.License.license(), Warnings: body.Warnings, Source: SourceCache}
	state = state.allow(time, staleAt, staleAt, end)
	return ruling{state: state, refresh: state.Status == Grace}
}

// end returns the time until which an answer without a signature is used.
func (a *storedAnswer) end(hardLimit int64) int64 {
	limit := a.At + hardLimit
	if end := a.Verdict.License.end(); !end.IsZero() {
		// A license in its grace days was valid although its end had passed.
		if seconds := end.Unix(); seconds > a.At && seconds < limit {
			return seconds
		}
	}
	return limit
}

func stop(status Status, code Code, message string, source Source) ruling {
	return ruling{state: deny(status, code, message, source), refresh: true}
}
