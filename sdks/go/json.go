package licet

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxCount is 2^53 − 1, the largest integer that every JSON implementation holds exactly.
const maxCount = 1<<53 - 1

// object is a JSON object. Its numbers are of the type json.Number, so that none is rounded.
type object map[string]any

var errNotJSON = errors.New("not a JSON object")

// parseObject returns the JSON object in data. Of members with the same name, the last one counts.
func parseObject(data []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, errNotJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return members, nil
}

// parseUniqueObject is like parseObject, but fails if any object in data has two members with the
// same name (RFC 7515, section 4), or if data is not UTF-8.
func parseUniqueObject(data []byte) (object, error) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := parseUniqueValue(decoder)
	if err != nil {
		return nil, err
	}
	members, isObject := value.(map[string]any)
	if !isObject {
		return nil, errNotJSON
	}
	return members, nil
}

func parseUniqueValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseUniqueMembers(decoder)
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			value, err := parseUniqueValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := decoder.Token()
		return list, err
	}
	return token, nil
}

func parseUniqueMembers(decoder *json.Decoder) (any, error) {
	members := map[string]any{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		text, _ := name.(string)
		if _, exists := members[text]; exists {
			return nil, errNotJSON
		}
		if members[text], err = parseUniqueValue(decoder); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return members, err
}

func (o object) text(name string) (string, bool) {
	text, ok := o[name].(string)
	return text, ok
}

func (o object) object(name string) (object, bool) {
	members, ok := o[name].(map[string]any)
	return members, ok
}

// isAbsentOrNull reports whether there is no value.
func (o object) isAbsentOrNull(name string) bool {
	return o[name] == nil
}

// count reads an integer from 0 to most. 1.0 is an integer in JSON, and 1e400 is no number.
func count(value any, most int64) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	integer, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		float, err := number.Float64()
		if err != nil || float != math.Trunc(float) || math.Abs(float) > maxCount {
			return 0, false
		}
		integer = int64(float)
	}
	return integer, integer >= 0 && integer <= most
}

func texts(value any) ([]string, bool) {
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	found := make([]string, len(list))
	for i, each := range list {
		if found[i], ok = each.(string); !ok {
			return nil, false
		}
	}
	return found, true
}
