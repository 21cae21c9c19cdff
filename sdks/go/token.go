package licet

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
)

const (
	maxTokenBytes = 16 * 1024
	maxFeedBytes  = 1024 * 1024
	kidCharacters = 16
)

// token is one whose signature and claims are good. Its times and bindings have not been checked.
type token struct {
	typ, kid string
	*claims
}

// openToken opens a compact JWS (RFC 7515), in armor if it is a file or a feed, that one of the pinned
// public keys has signed with Ed25519. Fails with a *TokenError. These are steps 1–8 of the conformance
// suite, §Verification. The header never selects the algorithm.
func openToken(text, typ string, publicKeys []string) (*token, error) {
	limit := maxTokenBytes
	if typ == typeRevocations {
		limit = maxFeedBytes
	}
	if len(text) > limit {
		return nil, malformed("its length is wrong")
	}
	parts := strings.Split(removeArmor(text, typ), ".")
	if len(parts) != 3 {
		return nil, malformed("its format is wrong")
	}
	head, err := decodePart(parts[0])
	if err != nil {
		return nil, malformed("its format is wrong")
	}
	body, err := decodePart(parts[1])
	if err != nil {
		return nil, malformed("its format is wrong")
	}
	signature, err := decodePart(parts[2])
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, malformed("its signature is incomplete")
	}
	kid, err := readHeader(head, typ)
	if err != nil {
		return nil, err
	}
	key := findKey(publicKeys, kid)
	if key == nil {
		return nil, newTokenError(ErrKeyUnknown)
	}
	message := []byte(parts[0] + "." + parts[1])
	if !isSoundPoint(key) || !isSoundSignature(signature) || !ed25519.Verify(key, message, signature) {
		return nil, newTokenError(ErrSignatureInvalid)
	}
	payload, err := parseUniqueObject(body)
	if err != nil {
		return nil, malformed("its contents are wrong")
	}
	claims, err := readClaims(typ, payload)
	if err != nil {
		return nil, malformed(err.Error())
	}
	return &token{typ, kid, claims}, nil
}

// openEither opens a token of one type or another.
func openEither(text string, publicKeys []string, first, second string) (*token, error) {
	opened, err := openToken(text, first, publicKeys)
	if errors.Is(err, ErrTypeUnexpected) {
		return openToken(text, second, publicKeys)
	}
	return opened, err
}

// readHeader returns the ID of the key that the header names.
func readHeader(head []byte, typ string) (string, error) {
	header, err := parseUniqueObject(head)
	if err != nil {
		return "", malformed("its header is wrong")
	}
	kid, hasKid := header.text("kid")
	found, hasType := header.text("typ")
	if header["alg"] != "EdDSA" || !hasKid || !hasType || len(header) != 3 {
		return "", malformed("its header is wrong")
	}
	if found != typ {
		return "", newTokenError(ErrTypeUnexpected)
	}
	return kid, nil
}

// findKey returns nil if no pinned key has the ID.
func findKey(publicKeys []string, kid string) ed25519.PublicKey {
	for _, x := range publicKeys {
		if key := parsePublicKey(x); key != nil && keyID(x) == kid {
			return key
		}
	}
	return nil
}

// parsePublicKey returns nil if the text is not a public key.
func parsePublicKey(x string) ed25519.PublicKey {
	key, err := decodePart(x)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil
	}
	return key
}

// keyID returns the ID of a public key: the start of its thumbprint (RFC 7638).
func keyID(x string) string {
	return hashText(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`)[:kidCharacters]
}

// hashText returns the base64url SHA-256 of a text, as in the claims fp and req.
func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var base64url = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// decodePart decodes base64url whose unused bits are zero. The decoder alone would skip line breaks.
func decodePart(text string) ([]byte, error) {
	if !base64url.MatchString(text) {
		return nil, errors.New("not base64url")
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

const whiteSpace = " \t\r\n"

var armor = regexp.MustCompile(`^-----BEGIN LICET ([A-Z]+)-----\r?\n((?s:.*))\r?\n-----END LICET ([A-Z]+)-----$`)

// removeArmor returns the token in the armor of a file or a feed. It returns any other text as it is,
// which is then either a compact token or malformed.
func removeArmor(text, typ string) string {
	label := map[string]string{typeFile: "LICENSE", typeRevocations: "REVOCATIONS"}[typ]
	parts := armor.FindStringSubmatch(strings.Trim(strings.TrimPrefix(text, "\ufeff"), whiteSpace))
	if label == "" || parts == nil || parts[1] != label || parts[3] != label {
		return text
	}
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(parts[2])
}

// All in big-endian order: the prime of the field, the order of the base point, and the y of the points
// whose order divides 8. Signatures by such keys prove nothing.
var (
	fieldPrime  = mustHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
	groupOrder  = mustHex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
	smallOrderY = [][]byte{
		mustHex("0000000000000000000000000000000000000000000000000000000000000000"),
		mustHex("0000000000000000000000000000000000000000000000000000000000000001"),
		mustHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),
		mustHex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"),
		mustHex("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
	}
)

// isSoundPoint reports whether the encoding of a point is canonical, and its order is not small.
// The standard library does not check that.
func isSoundPoint(encoded []byte) bool {
	y := reversed(encoded)
	y[0] &= 0x7f
	isSmall := slices.ContainsFunc(smallOrderY, func(small []byte) bool { return bytes.Equal(small, y) })
	return bytes.Compare(y, fieldPrime) < 0 && !isSmall
}

// isSoundSignature reports whether R is sound and S is canonical.
func isSoundSignature(signature []byte) bool {
	return isSoundPoint(signature[:32]) && bytes.Compare(reversed(signature[32:]), groupOrder) < 0
}

func reversed(data []byte) []byte {
	copied := bytes.Clone(data)
	slices.Reverse(copied)
	return copied
}

func mustHex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}
