package licet

// addFile adds a license file to a record (conformance suite, §The judge, 5). Fails with a *TokenError if
// it is not for this app and device, has expired or is revoked.
func addFile(e evidence, now int64, text string, t terms) (ruling, error) {
	opened, err := openToken(text, typeFile, t.publicKeys)
	if err != nil {
		return ruling{}, err
	}
	e.record = e.lowerFloor(opened.iat)
	clock := readClock(evidence{e.record, append([]*token{opened}, e.tokens...)}, now, t.builtAt)
	expected := expectations{binding: t.binding, publicKeys: t.publicKeys, now: clock.time, feed: e.Feed}
	if _, err := verifyToken(text, typeFile, expected); err != nil {
		return ruling{}, err
	}
	next, stored := e.record, removeArmor(text, typeFile)
	next.File = &stored
	if next.Tombstone != nil && next.Tombstone.At < opened.iat {
		next.Tombstone = nil
	}
	return judge(openRecord(next, t.publicKeys), now, nil, t), nil
}

// lowerFloor heals a device whose clock was ahead, which no server can, if a file is newer than all tokens.
func (e evidence) lowerFloor(issuedAt int64) record {
	next := e.record
	isNewest := len(e.tokens) > 0
	for _, each := range e.tokens {
		isNewest = isNewest && each.iat < issuedAt
	}
	if isNewest {
		next.Floor = min(next.Floor, issuedAt)
	}
	return next
}

// addRevocations adds a revocation feed to a record. One that is older than the stored one changes nothing.
func addRevocations(e evidence, now int64, text string, t terms) (ruling, error) {
	expected := expectations{publicKeys: t.publicKeys, now: now, feed: e.Feed}
	opened, err := verifyToken(text, typeRevocations, expected)
	if err != nil {
		return ruling{}, err
	}
	merged, err := e.Feed.merge(opened.claims)
	if err != nil {
		return ruling{}, err
	}
	if merged != e.Feed {
		e.Feed, e.Floor = merged, max(e.Floor, opened.iat)
	}
	return judge(e, now, nil, t), nil
}
