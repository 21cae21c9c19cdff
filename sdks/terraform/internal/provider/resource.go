package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	licet "licet.example/go"
)

// members are those of an object as the API writes it.
type members = map[string]any

// Object is a kind of object that the server has.
type Object struct {
	// Name is that of the resource, without licet_.
	Name  string
	About string
	// Import is an ID for the documentation.
	Import string
	// Path is that of the list in the API.
	Path string
	// ID is the name of the field that identifies the object.
	ID     string
	Fields []Field
	// ExactlyOne lists fields of which one must be set.
	ExactlyOne []string
	// Lookup is the route of the data source; empty without one.
	Lookup string

	// The following functions are nil for objects whose routes are like all others.

	// find returns the object, or nil.
	find func(ctx context.Context, admin *licet.Admin, id string) (members, error)
	// remove deletes the object, or says in a warning why it stays.
	remove func(ctx context.Context, admin *licet.Admin, id string) (warning string, err error)
	// adapt changes what is sent: all fields to create the object, or those that have changed.
	adapt func(body members)
	// settle makes further requests after a change, and returns the object if there were any.
	settle func(ctx context.Context, admin *licet.Admin, found, planned members) (members, error)
	// present changes what the server has sent, for the state. The prior state may be empty.
	present func(found, prior members)
}

// objectResource is the resource of a kind of object.
type objectResource struct {
	object Object
	admin  *licet.Admin
}

var (
	_ resource.ResourceWithConfigure      = &objectResource{}
	_ resource.ResourceWithImportState    = &objectResource{}
	_ resource.ResourceWithValidateConfig = &objectResource{}
)

func (r *objectResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.object.Name
}

func (r *objectResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{MarkdownDescription: r.object.About, Attributes: attributesOf(r.object.Fields)}
}

func (r *objectResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.admin, _ = req.ProviderData.(*licet.Admin)
}

func (r *objectResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	count := 0
	for _, field := range r.object.Fields {
		for _, name := range r.object.ExactlyOne {
			if name == field.Name && !field.read(ctx, req.Config, &resp.Diagnostics).IsNull() {
				count++
			}
		}
	}
	if len(r.object.ExactlyOne) > 0 && count != 1 {
		resp.Diagnostics.AddError("One attribute is needed", "Set exactly one of "+strings.Join(r.object.ExactlyOne, ", ")+".")
	}
}

func (r *objectResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root(r.object.ID), req, resp)
}

// route returns the path of one object.
func (o Object) route(id string) string { return o.Path + "/" + url.PathEscape(id) }

func (o Object) get(ctx context.Context, admin *licet.Admin, id string) (members, error) {
	if o.find != nil {
		return o.find(ctx, admin, id)
	}
	var found members
	err := admin.Request(ctx, http.MethodGet, o.route(id), nil, &found)
	if isMissing(err) {
		return nil, nil
	}
	return found, err
}

func isMissing(err error) bool {
	var problem *licet.Problem
	return errors.As(err, &problem) && (problem.Status == http.StatusNotFound || problem.Status == http.StatusGone)
}

func (r *objectResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	planned := r.readAll(ctx, req.Plan, &resp.Diagnostics)
	body := members{}
	for _, field := range r.object.Fields {
		value, known := toAPI(planned[field.Name])
		if field.isSet() && !field.Local && known && value != nil {
			body[field.Name] = value
		}
	}
	if r.object.adapt != nil {
		r.object.adapt(body)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	var found members
	err := r.admin.Request(ctx, http.MethodPost, r.object.Path, body, &found)
	r.finish(ctx, found, planned, err, &resp.State, &resp.Diagnostics)
}

func (r *objectResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	prior := r.readAll(ctx, req.State, &resp.Diagnostics)
	id, _ := toAPI(prior[r.object.ID])
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := r.object.get(ctx, r.admin, fmt.Sprint(id))
	if err != nil {
		r.object.report(err, &resp.Diagnostics)
		return
	}
	if found == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	r.store(ctx, found, prior, &resp.State, &resp.Diagnostics)
}

func (r *objectResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	prior, planned := r.readAll(ctx, req.State, &resp.Diagnostics), r.readAll(ctx, req.Plan, &resp.Diagnostics)
	body := members{}
	for _, field := range r.object.Fields {
		before, _ := toAPI(prior[field.Name])
		after, known := toAPI(planned[field.Name])
		if !field.isSet() || field.Local || !known || field.isSame(before, after) {
			continue
		}
		if after == nil {
			after = field.Empty
		}
		body[field.Name] = after
	}
	if r.object.adapt != nil {
		r.object.adapt(body)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	id, _ := toAPI(prior[r.object.ID])
	var found members
	err := r.admin.Request(ctx, http.MethodPut, r.object.route(fmt.Sprint(id)), body, &found)
	r.finish(ctx, found, planned, err, &resp.State, &resp.Diagnostics)
}

func (r *objectResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	prior := r.readAll(ctx, req.State, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	found, _ := toAPI(prior[r.object.ID])
	id := fmt.Sprint(found)
	if r.object.remove != nil {
		warning, err := r.object.remove(ctx, r.admin, id)
		if warning != "" {
			resp.Diagnostics.AddWarning("The object stays on the server", warning)
		}
		r.object.report(err, &resp.Diagnostics)
		return
	}
	if err := r.admin.Request(ctx, http.MethodDelete, r.object.route(id), nil, nil); !isMissing(err) {
		r.object.report(err, &resp.Diagnostics)
	}
}

func (r *objectResource) readAll(ctx context.Context, from getter, problems *diag.Diagnostics) map[string]attr.Value {
	values := make(map[string]attr.Value, len(r.object.Fields))
	for _, field := range r.object.Fields {
		values[field.Name] = field.read(ctx, from, problems)
	}
	return values
}

// finish stores an object that was created or changed, also if a further request fails.
func (r *objectResource) finish(ctx context.Context, found members, planned map[string]attr.Value, err error,
	state *tfsdk.State, problems *diag.Diagnostics) {
	if err == nil && r.object.settle != nil {
		var settled members
		if settled, err = r.object.settle(ctx, r.admin, found, toMembers(planned)); err == nil && settled != nil {
			found = settled
		}
	}
	if found != nil {
		r.store(ctx, found, planned, state, problems)
	}
	r.object.report(err, problems)
}

// store writes an object to the state. A value that means the same as the known one keeps its spelling.
func (r *objectResource) store(ctx context.Context, found members, known map[string]attr.Value,
	state *tfsdk.State, problems *diag.Diagnostics) {
	if r.object.present != nil {
		r.object.present(found, toMembers(known))
	}
	for _, field := range r.object.Fields {
		value := known[field.Name]
		before, isKnown := toAPI(value)
		// What is shown only once stays in the state.
		isHidden := field.Use == Once && found[field.Name] == nil && isKnown
		if !isHidden && (!isKnown || !field.isSame(before, found[field.Name])) {
			var err error
			if value, err = field.fromAPI(found[field.Name]); err != nil {
				problems.AddAttributeError(path.Root(field.Name), "The response is not understood", err.Error())
				continue
			}
		}
		problems.Append(state.SetAttribute(ctx, path.Root(field.Name), value)...)
	}
}

// report adds an error, at the attributes that the server names.
func (o Object) report(err error, problems *diag.Diagnostics) {
	var problem *licet.Problem
	switch {
	case err == nil:
	case !errors.As(err, &problem):
		problems.AddError("The server did not answer", err.Error())
	case len(problem.Errors) == 0:
		problems.AddError("The server refused: "+string(problem.Code), describe(problem))
	default:
		for _, field := range problem.Errors {
			name, _, _ := strings.Cut(strings.TrimPrefix(field.Pointer, "/"), "/")
			summary := "The server refused: " + string(problem.Code)
			detail := fmt.Sprintf("%s: %s", field.Pointer, field.Detail)
			if slices.ContainsFunc(o.Fields, func(own Field) bool { return own.Name == name }) {
				problems.AddAttributeError(path.Root(name), summary, detail)
			} else {
				problems.AddError(summary, detail)
			}
		}
	}
}

func describe(problem *licet.Problem) string {
	text := problem.Detail
	if problem.RequestID != "" {
		text += " (request " + problem.RequestID + ")"
	}
	return text
}
