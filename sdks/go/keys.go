package licet

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The symbols of Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	keySymbols       = 16
	keyBodySymbols   = 14
	maxKeyCharacters = 28
	groupSymbols     = 4
)

// KeyCheck says what a text is that should be a license key.
type KeyCheck string

// The results of CheckKey.
const (
	// KeyValid is a Licet key whose check symbols are right.
	KeyValid KeyCheck = "valid"
	// KeyMalformed is one with a mistake in it, unless it was imported.
	KeyMalformed KeyCheck = "malformed"
	// KeyForeign may be a key that was imported from another system: only the server knows.
	KeyForeign KeyCheck = "foreign"
	// KeyUnusable is no key.
	KeyUnusable KeyCheck = "unusable"
)

var (
	licetShape = regexp.MustCompile(`^[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}$`)
	// unadorned is a text that can be read in only one way.
	unadorned = regexp.MustCompile(`^[0-9A-Za-z_-]*$`)
	words     = regexp.MustCompile(`[0-9A-Za-z-]+`)
	// grouped is a key with its dashes at the end of a word. Without them, a word could pass for a key.
	grouped      = regexp.MustCompile(`(?:^-?|--)([A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4})$`)
	keyConfusion = strings.NewReplacer("O", "0", "I", "1", "L", "1")
)

// CheckKey finds mistakes in a license key without asking the server: any one or two wrong symbols, and
// any swap of two.
func CheckKey(text string) KeyCheck {
	check, _ := readKey(text)
	return check
}

// NormalizeKey returns PREFIX-XXXX-XXXX-XXXX-XXXX for a valid key, with any case, dashes, invisible
// characters and words around it. It returns any other key without the white space around it, and false
// if the text is unusable. Mistakes are never corrected.
func NormalizeKey(text string) (string, bool) {
	check, key := readKey(text)
	return key, check != KeyUnusable
}

func readKey(text string) (KeyCheck, string) {
	trimmed := trimSpace(text)
	check, key := readLicetKey(trimmed)
	if check == KeyValid {
		return check, key
	}
	if found, ok := findAdornedKey(trimmed); ok {
		return KeyValid, found
	}
	if check == KeyMalformed {
		return KeyMalformed, trimmed
	}
	length := utf8.RuneCountInString(trimmed)
	isImportable := utf8.ValidString(trimmed) && !strings.ContainsFunc(trimmed, unicode.IsControl)
	if isImportable && length >= 16 && length <= 255 {
		return KeyForeign, trimmed
	}
	return KeyUnusable, ""
}

func readLicetKey(text string) (KeyCheck, string) {
	dense := strings.Join(strings.FieldsFunc(text, isSpace), "")
	if !licetShape.MatchString(dense) {
		return KeyUnusable, ""
	}
	compact := strings.ToUpper(strings.ReplaceAll(dense, "-", ""))
	start := len(compact) - keySymbols
	prefix, body := compact[:start], keyConfusion.Replace(compact[start:])
	key := prefix
	for i := 0; i < keySymbols; i += groupSymbols {
		key += "-" + body[i:i+groupSymbols]
	}
	if body[keyBodySymbols:] != checkSymbols(prefix, body[:keyBodySymbols]) {
		return KeyMalformed, key
	}
	return KeyValid, key
}

// findAdornedKey finds a Licet key at the end of a text, such as "Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.",
// or one with its dashes anywhere.
func findAdornedKey(text string) (string, bool) {
	if unadorned.MatchString(text) || !utf8.ValidString(text) {
		return "", false
	}
	flat := flatten(text)
	end := ""
	fields := strings.Fields(lastWords(flat))
	for i := len(fields) - 1; i >= 0 && len(end) <= maxKeyCharacters; i-- {
		end = fields[i] + end
		if check, key := readLicetKey(end); check == KeyValid {
			return key, true
		}
	}
	for _, word := range words.FindAllString(flat, -1) {
		if match := grouped.FindStringSubmatch(word); match != nil {
			if check, key := readLicetKey(match[1]); check == KeyValid {
				return key, true
			}
		}
	}
	return "", false
}

// flatten writes a text without compatible and invisible characters, and with one kind of dash and blank.
func flatten(text string) string {
	var flat strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := toCompatible(runes[i])
		// A letter and its accent are one character, and another letter.
		if r < 0x80 && unicode.IsLetter(r) && i+1 < len(runes) && runes[i+1] >= 0x300 && runes[i+1] <= 0x36f {
			r = 'é'
			i++
		}
		switch {
		case isSpace(r):
			flat.WriteRune(' ')
		case isInvisible(r):
		case unicode.Is(unicode.Pd, r) || strings.ContainsRune("\u02d7\u2043\u2212\u2500\u30fc", r):
			flat.WriteRune('-')
		default:
			flat.WriteRune(r)
		}
	}
	return flat.String()
}

// lastWords returns the part of a text behind its last sign, and before the signs at its end.
func lastWords(text string) string {
	isKeyPart := func(r rune) bool { return r == '-' || unicode.IsLetter(r) || unicode.IsNumber(r) }
	isSign := func(r rune) bool { return !isKeyPart(r) && !isSpace(r) }
	text = strings.TrimFunc(text, func(r rune) bool { return !isKeyPart(r) })
	last := strings.LastIndexFunc(text, isSign)
	if last < 0 {
		return text
	}
	_, size := utf8.DecodeRuneInString(text[last:])
	return text[last+size:]
}

// isSpace reports whether a character is white space for the server, whose list differs from that of Go.
func isSpace(r rune) bool {
	return r == '\ufeff' || (r != '\u0085' && unicode.IsSpace(r))
}

func trimSpace(text string) string { return strings.TrimFunc(text, isSpace) }

// isInvisible reports whether a character shows nothing, such as an empty Braille cell.
func isInvisible(r rune) bool {
	return r == '\u2800' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// checkSymbols returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code
// [16, 14] over GF(32), x⁵+x²+1. They are XORed with the first ten bits of SHA-256 of the prefix.
func checkSymbols(prefix, body string) string {
	weighted, sum := 0, 0
	for _, symbol := range body {
		value := strings.IndexRune(symbols, symbol)
		weighted = double(weighted ^ value)
		sum ^= value
	}
	hash := sha256.Sum256([]byte(prefix))
	check := (weighted<<5 | sum) ^ (int(hash[0])<<2 | int(hash[1])>>6)
	return string([]byte{symbols[check>>5], symbols[check&31]})
}

// double multiplies by 2 in GF(32) with x⁵+x²+1.
func double(value int) int {
	if value < 16 {
		return value << 1
	}
	return value<<1 ^ 0b100101
}
