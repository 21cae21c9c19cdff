package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Kind is the kind of value that a field has.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "string"
	Time   Kind = "time"   // a text, compared as a time
	URL    Kind = "url"    // a text, compared as an address
	Email  Kind = "email"  // a text, compared without its case
	Number Kind = "number" // an integer
	Flag   Kind = "bool"
	Texts  Kind = "set of strings"
	Values Kind = "map of strings, numbers and bools"
	Group  Kind = "object"
)

// Use says who sets a field.
type Use int

// The uses of fields.
const (
	Optional Use = iota // null if it is left out
	Required
	Default  // Fallback if it is left out
	Kept     // what the server has chosen if it is left out
	Computed // only the server sets it
	Once     // only the server sets it, when it creates the object
)

// Field is an attribute of an object, which has the same name in the API.
type Field struct {
	Name  string
	Kind  Kind
	Use   Use
	About string
	// Fallback is the default as the API writes it.
	Fallback any
	// Empty is what is sent for null.
	Empty     any
	OneOf     []string
	Replaces  bool
	Sensitive bool
	// Fields are those of a group.
	Fields []Field
	// Local fields are neither sent nor read as they are: the object does it.
	Local bool
}

func (f Field) isSet() bool { return f.Use != Computed && f.Use != Once }

// Type returns the type of the attribute.
func (f Field) Type() attr.Type {
	switch f.Kind {
	case Number:
		return types.Int64Type
	case Flag:
		return types.BoolType
	case Texts:
		return types.SetType{ElemType: types.StringType}
	case Values:
		return types.DynamicType
	case Group:
		return types.ObjectType{AttrTypes: typesOf(f.Fields)}
	}
	return types.StringType
}

func typesOf(fields []Field) map[string]attr.Type {
	found := make(map[string]attr.Type, len(fields))
	for _, each := range fields {
		found[each.Name] = each.Type()
	}
	return found
}

// attribute returns the attribute of a resource.
func (f Field) attribute() schema.Attribute {
	required, optional := f.Use == Required, f.Use == Optional || f.Use == Default || f.Use == Kept
	computed := !required && f.Use != Optional
	switch f.Kind {
	case Number:
		a := schema.Int64Attribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: f.Describe()}
		a.PlanModifiers = modifiers(f, int64planmodifier.RequiresReplace, int64planmodifier.UseStateForUnknown)
		if f.Use == Default {
			number, _ := f.Fallback.(int)
			a.Default = int64default.StaticInt64(int64(number))
		}
		return a
	case Flag:
		a := schema.BoolAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: f.Describe()}
		a.PlanModifiers = modifiers(f, boolplanmodifier.RequiresReplace, boolplanmodifier.UseStateForUnknown)
		if f.Use == Default {
			a.Default = booldefault.StaticBool(f.Fallback == true)
		}
		return a
	case Texts:
		a := schema.SetAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: f.Describe(),
			ElementType: types.StringType}
		a.PlanModifiers = modifiers(f, setplanmodifier.RequiresReplace, setplanmodifier.UseStateForUnknown)
		if value, ok := f.fallback().(types.Set); ok {
			a.Default = setdefault.StaticValue(value)
		}
		return a
	case Values:
		return schema.DynamicAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: f.Describe()}
	case Group:
		return f.group(required, optional, computed)
	}
	a := schema.StringAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: f.Describe(),
		Sensitive: f.Sensitive}
	a.PlanModifiers = modifiers(f, stringplanmodifier.RequiresReplace, stringplanmodifier.UseStateForUnknown)
	if f.OneOf != nil {
		a.Validators = []validator.String{oneOf(f.OneOf)}
	}
	if text, ok := f.Fallback.(string); ok {
		a.Default = stringdefault.StaticString(text)
	}
	return a
}

func (f Field) group(required, optional, computed bool) schema.Attribute {
	a := schema.SingleNestedAttribute{Required: required, Optional: optional, Computed: computed,
		MarkdownDescription: f.Describe(), Attributes: attributesOf(f.Fields)}
	if value, ok := f.fallback().(types.Object); ok {
		a.Default = objectdefault.StaticValue(value)
	}
	return a
}

func attributesOf(fields []Field) map[string]schema.Attribute {
	found := make(map[string]schema.Attribute, len(fields))
	for _, each := range fields {
		found[each.Name] = each.attribute()
	}
	return found
}

// fallback returns the default of a set or a group, or nil.
func (f Field) fallback() attr.Value {
	if f.Use != Default {
		return nil
	}
	value, _ := f.fromAPI(f.Fallback)
	return value
}

// modifiers returns what an attribute does to a plan.
func modifiers[Modifier any](f Field, replace, keep func() Modifier) []Modifier {
	var found []Modifier
	if f.Replaces {
		found = append(found, replace())
	}
	if f.Use == Kept || f.Use == Once {
		found = append(found, keep())
	}
	return found
}

// sourceAttribute returns the attribute of a data source, which the server sets.
func (f Field) sourceAttribute() data.Attribute {
	switch f.Kind {
	case Number:
		return data.Int64Attribute{Computed: true, MarkdownDescription: f.About}
	case Flag:
		return data.BoolAttribute{Computed: true, MarkdownDescription: f.About}
	case Texts:
		return data.SetAttribute{Computed: true, MarkdownDescription: f.About, ElementType: types.StringType}
	case Values:
		return data.DynamicAttribute{Computed: true, MarkdownDescription: f.About}
	case Group:
		nested := map[string]data.Attribute{}
		for _, each := range f.Fields {
			nested[each.Name] = each.sourceAttribute()
		}
		return data.SingleNestedAttribute{Computed: true, MarkdownDescription: f.About, Attributes: nested}
	}
	return data.StringAttribute{Computed: true, MarkdownDescription: f.About, Sensitive: f.Sensitive}
}

// Describe returns the description of the attribute.
func (f Field) Describe() string {
	text := f.About
	if f.OneOf != nil {
		text += " One of `" + strings.Join(f.OneOf, "`, `") + "`."
	}
	if f.Replaces {
		text += " A change replaces the object."
	}
	return text
}

// oneOf accepts the texts in a list.
type oneOf []string

func (o oneOf) Description(context.Context) string { return "one of " + strings.Join(o, ", ") }

func (o oneOf) MarkdownDescription(ctx context.Context) string { return o.Description(ctx) }

func (o oneOf) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	value := req.ConfigValue
	if value.IsNull() || value.IsUnknown() || slices.Contains(o, value.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "The value is not known",
		value.String()+" is not "+o.Description(ctx)+".")
}
