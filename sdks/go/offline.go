package licet

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// offlineRequest is what a request code contains. The order of its members is that of the code.
type offlineRequest struct {
	V           int    `json:"v"`
	Product     string `json:"product,omitempty"`
	Key         string `json:"key"`
	Fingerprint string `json:"fp"`
	Name        string `json:"name,omitempty"`
	Nonce       string `json:"nonce"`
}

// encode returns the code with which a device without a connection asks for a license file.
func (r offlineRequest) encode() string {
	r.V = 1
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(r) // Texts and a number can always be written.
	return "LQ1." + base64.RawURLEncoding.EncodeToString(bytes.TrimSpace(text.Bytes()))
}

const returnSymbols = 10

// returnCode proves that a device has deleted its license file: the first 50 bits of HMAC-SHA-256 of the
// file's ID under its secret, as XXXXX-XXXXX.
func returnCode(secret, fileID string) string {
	key, _ := decodePart(secret)
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(fileID))
	sum := hash.Sum(nil)
	var code []byte
	for i := range returnSymbols {
		if i == returnSymbols/2 {
			code = append(code, '-')
		}
		bit := i * 5
		pair := int(sum[bit/8])<<8 | int(sum[bit/8+1])
		code = append(code, symbols[pair>>(11-bit%8)&31])
	}
	return string(code)
}
