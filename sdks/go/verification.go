package licet

// clockLeeway is how many seconds a clock may be behind the floor, or behind the time at which a token
// was issued.
const clockLeeway = 300

// proof names the request that an answer must belong to. Zero values are not compared.
type proof struct {
	nonce string
	body  []byte
	route string
}

// binding is the product, device and domain that a license must be for, unless it is for any.
type binding struct {
	product, fingerprint, domain string
}

type expectations struct {
	proof
	binding
	publicKeys []string
	now        int64
	feed       *feed
}

// verifyToken opens a token and checks it in full (conformance suite, §Verification).
func verifyToken(text, typ string, expected expectations) (*token, error) {
	opened, err := openToken(text, typ, expected.publicKeys)
	if err != nil {
		return nil, err
	}
	code := opened.findProofFault(expected.proof, expected.feed)
	if code == "" && (typ == typeLease || typ == typeFile) {
		time := expected.now
		if expected.now < opened.iat-clockLeeway {
			time = opened.iat
		}
		code = opened.findLicenseFault(expected.binding, expected.feed, time)
	}
	if code != "" {
		return nil, newTokenError(code)
	}
	return opened, nil
}

// findProofFault returns the code of the first of the steps 9–11 that fails: the key is not stolen, and
// the answer is ours.
func (t *token) findProofFault(proof proof, feed *feed) Code {
	if since, isRevoked := feed.keyTime(t.kid); isRevoked && t.iat >= since {
		return ErrKeyRevoked
	}
	if t.typ == typeRevocations {
		return ""
	}
	needsNonce := proof.nonce != "" || t.typ == typeAnswer
	if needsNonce && (t.non == nil || *t.non != proof.nonce || proof.nonce == "") {
		return ErrNonceMismatch
	}
	if proof.body != nil && (t.req == nil || *t.req != hashText(string(proof.body))) {
		return ErrRequestMismatch
	}
	if proof.route != "" && (t.rte == nil || *t.rte != proof.route) {
		return ErrRequestMismatch
	}
	return ""
}

// findLicenseFault returns the code of the first of the steps 12–16 that fails: the license is for this
// product, device and domain, is not revoked, and has not expired.
func (t *token) findLicenseFault(place binding, feed *feed, time int64) Code {
	switch {
	case place.product != "" && *t.aud != place.product:
		return ErrProductMismatch
	case t.fp != nil && (place.fingerprint == "" || *t.fp != hashText(place.fingerprint)):
		return ErrFingerprintMismatch
	case t.dom != nil && !coversDomain(t.dom, place.domain):
		return ErrDomainMismatch
	case t.isRevoked(feed):
		return ErrLicenseRevoked
	case time < t.exp:
		return ""
	case t.typ == typeLease:
		return ErrLeaseExpired
	}
	return ErrFileExpired
}

func (t *token) isRevoked(feed *feed) bool {
	for _, id := range append([]string{*t.sub}, t.act...) {
		if t.iat < feed.revocationTime(id) {
			return true
		}
	}
	return false
}

func (t *token) source() Source {
	if t.typ == typeLease {
		return SourceLease
	}
	return SourceFile
}
