package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// getter is a plan, a state or a configuration.
type getter interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}

// read returns the value of the field.
func (f Field) read(ctx context.Context, from getter, problems *diag.Diagnostics) attr.Value {
	at := path.Root(f.Name)
	switch f.Kind {
	case Number:
		return get[types.Int64](ctx, from, at, problems)
	case Flag:
		return get[types.Bool](ctx, from, at, problems)
	case Texts:
		return get[types.Set](ctx, from, at, problems)
	case Values:
		return get[types.Dynamic](ctx, from, at, problems)
	case Group:
		return get[types.Object](ctx, from, at, problems)
	}
	return get[types.String](ctx, from, at, problems)
}

func get[Value attr.Value](ctx context.Context, from getter, at path.Path, problems *diag.Diagnostics) attr.Value {
	var value Value
	problems.Append(from.GetAttribute(ctx, at, &value)...)
	return value
}

// toAPI returns a value as the API writes it, or false if it is not known.
func toAPI(value attr.Value) (any, bool) {
	if value.IsUnknown() {
		return nil, false
	}
	if value.IsNull() {
		return nil, true
	}
	switch value := value.(type) {
	case types.String:
		return value.ValueString(), true
	case types.Int64:
		return value.ValueInt64(), true
	case types.Bool:
		return value.ValueBool(), true
	case types.Number:
		return json.Number(value.ValueBigFloat().Text('f', -1)), true
	case types.Dynamic:
		return toAPI(value.UnderlyingValue())
	case types.Object:
		return toMembers(value.Attributes()), true
	case types.Map:
		return toMembers(value.Elements()), true
	case types.Set:
		return toList(value.Elements()), true
	case types.List:
		return toList(value.Elements()), true
	case types.Tuple:
		return toList(value.Elements()), true
	}
	return nil, false
}

func toMembers(values map[string]attr.Value) map[string]any {
	members := make(map[string]any, len(values))
	for name, each := range values {
		if member, known := toAPI(each); known {
			members[name] = member
		}
	}
	return members
}

func toList(values []attr.Value) []any {
	list := make([]any, 0, len(values))
	for _, each := range values {
		if element, known := toAPI(each); known {
			list = append(list, element)
		}
	}
	return list
}

// fromAPI returns the value of a field that the API has written.
func (f Field) fromAPI(found any) (attr.Value, error) {
	switch f.Kind {
	case Number:
		if found == nil {
			return types.Int64Null(), nil
		}
		number, ok := new(big.Int).SetString(fmt.Sprint(found), 10)
		if !ok || !number.IsInt64() {
			return nil, f.unexpected(found)
		}
		return types.Int64Value(number.Int64()), nil
	case Flag:
		flag, ok := found.(bool)
		if found == nil {
			return types.BoolNull(), nil
		}
		return types.BoolValue(flag), f.expect(ok, found)
	case Texts:
		return f.textsFromAPI(found)
	case Values:
		members, ok := found.(map[string]any)
		if len(members) == 0 {
			return types.DynamicNull(), f.expect(ok || found == nil, found)
		}
		value, err := dynamicFromAPI(members)
		return types.DynamicValue(value), err
	case Group:
		return f.groupFromAPI(found)
	}
	if found == nil {
		return types.StringNull(), nil
	}
	text, ok := found.(string)
	return types.StringValue(text), f.expect(ok, found)
}

func (f Field) textsFromAPI(found any) (attr.Value, error) {
	list, ok := found.([]any)
	if found == nil {
		return types.SetNull(types.StringType), nil
	}
	values := make([]attr.Value, 0, len(list))
	for _, each := range list {
		text, isText := each.(string)
		ok = ok && isText
		values = append(values, types.StringValue(text))
	}
	return types.SetValueMust(types.StringType, values), f.expect(ok, found)
}

func (f Field) groupFromAPI(found any) (attr.Value, error) {
	members, ok := found.(map[string]any)
	if found == nil {
		return types.ObjectNull(typesOf(f.Fields)), nil
	}
	values := make(map[string]attr.Value, len(f.Fields))
	for _, each := range f.Fields {
		value, err := each.fromAPI(members[each.Name])
		if err != nil {
			return nil, err
		}
		values[each.Name] = value
	}
	return types.ObjectValueMust(typesOf(f.Fields), values), f.expect(ok, found)
}

// dynamicFromAPI returns an object, as a configuration has it.
func dynamicFromAPI(found any) (attr.Value, error) {
	switch found := found.(type) {
	case nil:
		return types.DynamicNull(), nil
	case bool:
		return types.BoolValue(found), nil
	case string:
		return types.StringValue(found), nil
	case json.Number:
		float, _, err := big.ParseFloat(found.String(), 10, 512, big.ToNearestEven)
		return types.NumberValue(float), err
	case map[string]any:
		kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
		for name, each := range found {
			value, err := dynamicFromAPI(each)
			if err != nil {
				return nil, err
			}
			kinds[name], values[name] = value.Type(context.Background()), value
		}
		return types.ObjectValueMust(kinds, values), nil
	}
	return nil, fmt.Errorf("%v is neither a text, a number nor a bool", found)
}

func (f Field) expect(ok bool, found any) error {
	if ok {
		return nil
	}
	return f.unexpected(found)
}

func (f Field) unexpected(found any) error {
	return fmt.Errorf("the server has sent %v as %s, which is no %s", found, f.Name, f.Kind)
}

// isSame reports whether two values of the field mean the same to the server.
func (f Field) isSame(first, second any) bool {
	one, isText := first.(string)
	other, areTexts := second.(string)
	if isText && areTexts {
		switch f.Kind {
		case Time:
			return parseTime(one).Equal(parseTime(other))
		case URL:
			return canonicalURL(one) == canonicalURL(other)
		case Email:
			return strings.EqualFold(one, other)
		}
	}
	if f.Kind == Texts {
		return isSameSet(first, second)
	}
	return isSameValue(first, second)
}

func parseTime(text string) time.Time {
	parsed, _ := time.Parse(time.RFC3339, text)
	return parsed
}

func canonicalURL(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return text
	}
	parsed.Scheme, parsed.Host = strings.ToLower(parsed.Scheme), strings.ToLower(parsed.Host)
	if parsed.Path == "" {
		parsed.Path = "/"
	}
	return parsed.String()
}

func isSameSet(first, second any) bool {
	one, areTexts := first.([]any)
	other, areOthers := second.([]any)
	if !areTexts || !areOthers {
		return first == nil && second == nil
	}
	order := func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	return isSameValue(slices.SortedFunc(slices.Values(one), order), slices.SortedFunc(slices.Values(other), order))
}

// isSameValue compares values as JSON. No members are an empty object, and null is an absent one.
func isSameValue(first, second any) bool {
	one, isObject := first.(map[string]any)
	other, areObjects := second.(map[string]any)
	if (isObject || first == nil) && (areObjects || second == nil) {
		for _, name := range append(keysOf(one), keysOf(other)...) {
			if !isSameValue(one[name], other[name]) {
				return false
			}
		}
		return true
	}
	list, isList := first.([]any)
	others, areLists := second.([]any)
	if isList && areLists {
		return slices.EqualFunc(list, others, isSameValue)
	}
	number, isNumber := toNumber(first)
	same, areNumbers := toNumber(second)
	if isNumber && areNumbers {
		return number.Cmp(same) == 0
	}
	return !isList && !isObject && !areObjects && !areLists && first == second
}

func keysOf(members map[string]any) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	return names
}

func toNumber(value any) (*big.Rat, bool) {
	switch value.(type) {
	case json.Number, int, int64:
		return new(big.Rat).SetString(fmt.Sprint(value))
	}
	return nil, false
}
