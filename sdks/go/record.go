package licet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// record is the memory of an app about one license. Times are in seconds since 1970. It is never
// changed, only replaced.
type record struct {
	V int `json:"v"`
	// Lease and File are compact tokens.
	Lease *string `json:"lease"`
	File  *string `json:"file"`
	// Answer is the last valid one without a signature. It is only kept if no keys are pinned.
	Answer    *storedAnswer `json:"answer"`
	Tombstone *tombstone    `json:"tombstone"`
	// Floor is a time that has passed.
	Floor int64 `json:"floor"`
	Feed  *feed `json:"feed"`
}

type storedAnswer struct {
	At      int64     `json:"at"`
	Verdict validBody `json:"verdict"`
}

// validBody has the members that we know of a response that says valid.
type validBody struct {
	Valid    bool        `json:"valid"`
	License  licenseBody `json:"license"`
	Warnings []string    `json:"warnings"`
}

type licenseBody struct {
	ID        string   `json:"id"`
	Plan      string   `json:"plan"`
	Features  Features `json:"features"`
	ExpiresAt *string  `json:"expiresAt"`
}

// tombstone is a refusal. It decides until a server says otherwise or a newer file is imported.
type tombstone struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	At      int64  `json:"at"`
}

// feed is the revocation feed as far as it was imported. A nil feed is empty.
type feed struct {
	To      int64            `json:"to"`
	Revoked map[string]int64 `json:"revoked"`
	Keys    map[string]int64 `json:"keys"`
}

func (f *feed) keyTime(kid string) (int64, bool) {
	if f == nil {
		return 0, false
	}
	time, exists := f.Keys[kid]
	return time, exists
}

func (f *feed) revocationTime(id string) int64 {
	if f == nil {
		return 0
	}
	return f.Revoked[id]
}

// merge adds a later part of the feed. One that is older changes nothing.
func (f *feed) merge(later *claims) (*feed, error) {
	merged := &feed{To: later.to, Revoked: map[string]int64{}, Keys: map[string]int64{}}
	if f != nil && later.to < f.To {
		return f, nil
	}
	if later.from > 0 && (f == nil || later.from > f.To) {
		return nil, newTokenError(ErrFeedGap)
	}
	if f != nil {
		maps.Copy(merged.Keys, f.Keys)
		if later.from > 0 {
			maps.Copy(merged.Revoked, f.Revoked)
		}
	}
	maps.Copy(merged.Revoked, later.revoked)
	maps.Copy(merged.Keys, later.keys)
	return merged, nil
}

// subject is what a record is about. Empty members are not named.
type subject struct {
	key string
	binding
}

// recordName returns the name under which the record of a license is stored.
func (s subject) recordName() string {
	text := strings.Join([]string{s.key, s.product, s.fingerprint, s.domain}, "\n")
	sum := sha256.Sum256([]byte(text))
	return "licet-" + hex.EncodeToString(sum[:8])
}

func (r record) encode() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "" // Only numbers that were never parsed could fail.
	}
	return string(text)
}

// parseRecord reads a stored record. Each part that is damaged counts as missing.
func parseRecord(text string) record {
	r := record{V: 1}
	stored, err := parseObject([]byte(text))
	if version, ok := count(stored["v"], 1); err != nil || !ok || version != 1 {
		return r
	}
	if lease, ok := stored.text("lease"); ok {
		r.Lease = &lease
	}
	if file, ok := stored.text("file"); ok {
		r.File = &file
	}
	if answer, ok := stored.object("answer"); ok {
		r.Answer = parseAnswer(answer)
	}
	if grave, ok := stored.object("tombstone"); ok {
		r.Tombstone = parseTombstone(grave)
	}
	r.Floor, _ = count(stored["floor"], maxSeconds)
	if feed, ok := stored.object("feed"); ok {
		r.Feed = parseFeed(feed)
	}
	return r
}

func parseAnswer(stored object) *storedAnswer {
	at, isTime := count(stored["at"], maxSeconds)
	verdict, isObject := stored.object("verdict")
	body, isValid := parseValidBody(verdict)
	if !isTime || !isObject || !isValid {
		return nil
	}
	return &storedAnswer{at, body}
}

func parseTombstone(stored object) *tombstone {
	code, hasCode := stored.text("code")
	message, hasMessage := stored.text("message")
	at, isTime := count(stored["at"], maxSeconds)
	if !hasCode || !hasMessage || !isTime {
		return nil
	}
	return &tombstone{Code(code), message, at}
}

func parseFeed(stored object) *feed {
	to, isCount := count(stored["to"], maxCount)
	revoked, hasRevoked := parseTimes(stored, "revoked")
	keys, hasKeys := parseTimes(stored, "keys")
	if !isCount || !hasRevoked || !hasKeys {
		return nil
	}
	return &feed{to, revoked, keys}
}

func parseTimes(stored object, name string) (map[string]int64, bool) {
	members, ok := stored.object(name)
	times := make(map[string]int64, len(members))
	for id, value := range members {
		time, isTime := count(value, maxSeconds)
		ok = ok && isTime
		times[id] = time
	}
	return times, ok
}

// parseValidBody reads a response that says valid.
func parseValidBody(body object) (validBody, bool) {
	license, isObject := body.object("license")
	warnings, areTexts := texts(body["warnings"])
	id, hasID := license.text("id")
	plan, hasPlan := license.text("plan")
	features, hasFeatures := license.object("features")
	found := licenseBody{ID: id, Plan: plan, Features: Features(features)}
	expiry, hasEnd := license.text("expiresAt")
	if hasEnd {
		_, err := time.Parse(time.RFC3339, expiry)
		found.ExpiresAt, hasEnd = &expiry, err == nil
	}
	_, hasMember := license["expiresAt"]
	isComplete := isObject && areTexts && hasID && hasPlan && hasFeatures && body["valid"] == true
	isEnd := hasEnd || (hasMember && license.isAbsentOrNull("expiresAt"))
	return validBody{true, found, warnings}, isComplete && isEnd
}

func (l licenseBody) license() *License {
	return &License{ID: l.ID, Plan: l.Plan, Features: l.Features, ExpiresAt: l.end()}
}

// end returns the zero time without an end.
func (l licenseBody) end() time.Time {
	if l.ExpiresAt == nil {
		return time.Time{}
	}
	end, _ := time.Parse(time.RFC3339, *l.ExpiresAt)
	return end.UTC()
}
