package licet

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	scheme     = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//`)
	port       = regexp.MustCompile(`:([0-9]*)$`)
	hostName   = regexp.MustCompile(`^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$`)
	numberLast = regexp.MustCompile(`(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$`)
)

// coversDomain reports whether a license for the entries covers a domain. "example.com" covers itself and
// its "www.", and "*.example.com" every host below it. Whole labels are compared: "a.io" covers neither
// "data.io" nor "a.io.evil.com".
func coversDomain(entries []string, domain string) bool {
	host, ok := normalizeHost(domain)
	if !ok {
		return false
	}
	for _, entry := range entries {
		parent, isPattern := strings.CutPrefix(entry, "*.")
		if isPattern && strings.HasSuffix(host, "."+parent) {
			return true
		}
		for rest, hasWWW := host, true; hasWWW && !isPattern; rest, hasWWW = strings.CutPrefix(rest, "www.") {
			if rest == entry {
				return true
			}
		}
	}
	return false
}

// normalizeHost returns the host of a domain or URL in lower case and punycode, without scheme, port, path,
// trailing dot and brackets (conformance suite, §Domains).
func normalizeHost(text string) (string, bool) {
	text = trimSpace(text)
	text = text[len(scheme.FindString(text)):]
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	if strings.ContainsAny(text, `@%\`) || strings.ContainsFunc(text, isSpace) {
		return "", false
	}
	if strings.HasPrefix(text, "[") || strings.Count(text, ":") > 1 {
		return normalizeAddress(text)
	}
	host, ok := cutPort(text)
	if !ok {
		return "", false
	}
	if host, ok = toASCII(host); !ok {
		return "", false
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if numberLast.MatchString(host) {
		return parseIPv4(host)
	}
	return host, hostName.MatchString(host)
}

// normalizeAddress reads an IPv6 address: one that maps an IPv4 address is written as that.
func normalizeAddress(text string) (string, bool) {
	if inside, isBracketed := strings.CutPrefix(text, "["); isBracketed {
		inside, rest, _ := strings.Cut(inside, "]")
		if without, ok := cutPort(rest); !ok || without != "" {
			return "", false
		}
		text = inside
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() {
		return "", false
	}
	return address.Unmap().String(), true
}

// parseIPv4 reads an address in all forms that browsers accept, such as 127.1 and 0x7f000001.
func parseIPv4(text string) (string, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return "", false
	}
	var address uint64
	for i, part := range parts {
		if part == "0x" {
			part = "0"
		}
		value, err := strconv.ParseUint(part, 0, 32)
		isLast := i == len(parts)-1
		if err != nil || strings.HasPrefix(part, "0o") || strings.HasPrefix(part, "0b") || strings.Contains(part, "_") {
			return "", false
		}
		switch rest := 8 * (4 - i); {
		case isLast && value < 1<<rest:
			address |= value
		case !isLast && value < 256:
			address |= value << (rest - 8)
		default:
			return "", false
		}
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(address)))).String(), true
}

func cutPort(text string) (string, bool) {
	match := port.FindStringSubmatch(text)
	if match == nil {
		return text, true
	}
	number, err := strconv.Atoi("0" + match[1])
	return strings.TrimSuffix(text, match[0]), err == nil && number <= 65535
}

// toASCII converts the international labels of a host to punycode.
func toASCII(host string) (string, bool) {
	labels := strings.Split(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(host), ".")
	for i, label := range labels {
		if strings.IndexFunc(label, isForeign) < 0 {
			continue
		}
		converted, ok := labelToASCII(label)
		if !ok {
			return "", false
		}
		labels[i] = converted
	}
	return strings.Join(labels, "."), true
}

func isForeign(r rune) bool { return r > 127 }

// labelToASCII converts a label as UTS #46 says. The standard library has that only in net/http, which does it
// before it dials, so this looks at what it would dial. Nothing is sent.
func labelToASCII(label string) (string, bool) {
	var dialed string
	transport := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		dialed, _, _ = net.SplitHostPort(address)
		return nil, errors.New("not dialed")
	}}
	request, err := http.NewRequest(http.MethodGet, "http://"+label, nil)
	if err != nil {
		return "", false
	}
	if answer, err := transport.RoundTrip(request); err == nil {
		_ = answer.Body.Close() // It never answers.
	}
	return dialed, dialed != "" && strings.IndexFunc(dialed, isForeign) < 0
}
