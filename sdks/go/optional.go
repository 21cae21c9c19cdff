package licet

import "encoding/json"

// Opt is a field of a request that is left out by default. Set gives it a value, and Null makes it null,
// such as for no limit.
type Opt[Value any] struct {
	value *Value
	isSet bool
}

// Set returns a field with a value.
func Set[Value any](value Value) Opt[Value] { return Opt[Value]{&value, true} }

// Null returns a field that is null.
func Null[Value any]() Opt[Value] { return Opt[Value]{nil, true} }

// IsZero reports whether the field is left out.
func (o Opt[Value]) IsZero() bool { return !o.isSet }

// MarshalJSON implements json.Marshaler.
func (o Opt[Value]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }
