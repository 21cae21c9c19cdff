package provider

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	licet "licet.example/go"
)

// objectSource is the data source of a kind of object. That of licenses also finds them by their key.
type objectSource struct {
	object Object
	admin  *licet.Admin
}

var _ datasource.DataSourceWithConfigure = &objectSource{}

func (s *objectSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + s.object.Name
}

// hasKey reports whether an object can be found by its key, too.
func (s *objectSource) hasKey() bool { return s.object.Name == "license" }

func (s *objectSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, field := range s.object.Fields {
		attributes[field.Name] = field.sourceAttribute()
	}
	id := schema.StringAttribute{Required: !s.hasKey(), Optional: s.hasKey(), Computed: s.hasKey(),
		MarkdownDescription: "The " + s.object.ID + "."}
	attributes[s.object.ID] = id
	if s.hasKey() {
		attributes["key"] = schema.StringAttribute{Optional: true, Computed: true, Sensitive: true,
			MarkdownDescription: "The license key, however it is spelled. Set it or the id."}
	}
	resp.Schema = schema.Schema{MarkdownDescription: s.object.SourceAbout(), Attributes: attributes}
}

// SourceAbout returns the description of the data source.
func (o Object) SourceAbout() string {
	if o.Name == "license" {
		return "Reads the license with this `id` or `key`. Its limits and features are those that apply."
	}
	return "Reads the " + o.Name + " with this `" + o.ID + "`."
}

func (s *objectSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	s.admin, _ = req.ProviderData.(*licet.Admin)
}

func (s *objectSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var id, key types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(s.object.ID), &id)...)
	if s.hasKey() {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("key"), &key)...)
		if id.IsNull() == key.IsNull() {
			resp.Diagnostics.AddError("One attribute is needed", "Set either the id or the key of the license.")
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	var found members
	var err error
	if key.IsNull() {
		err = s.admin.Request(ctx, http.MethodGet, s.object.route(id.ValueString()), nil, &found)
	} else {
		err = s.admin.Request(ctx, http.MethodPost, s.object.Path+"/lookup", members{"key": key.ValueString()}, &found)
	}
	if err != nil {
		s.object.report(err, &resp.Diagnostics)
		return
	}
	s.store(ctx, found, key, resp)
}

func (s *objectSource) store(ctx context.Context, found members, key types.String, resp *datasource.ReadResponse) {
	if s.hasKey() {
		// A data source shows what is in force, and not what overrides the plan.
		found["suspended"] = found["status"] == "suspended"
		if !key.IsNull() {
			found["key"] = key.ValueString()
		}
	} else if s.object.present != nil {
		s.object.present(found, members{})
	}
	for _, field := range s.object.Fields {
		value, err := field.fromAPI(found[field.Name])
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root(field.Name), "The response is not understood", err.Error())
			continue
		}
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(field.Name), value)...)
	}
}

// signingKeys are the keys that apps pin.
type signingKeys struct{ admin *licet.Admin }

var _ datasource.DataSourceWithConfigure = &signingKeys{}

func (s *signingKeys) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_signing_keys"
}

func (s *signingKeys) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The public keys of the server, for a build that puts them into an app. Only trust them if the connection " +
			"to the server is trusted.",
		Attributes: map[string]schema.Attribute{"public_keys": schema.ListAttribute{Computed: true, ElementType: types.StringType,
			MarkdownDescription: "First the one that signs now, then the one that signs after the next rotation, then older ones."}},
	}
}

func (s *signingKeys) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	s.admin, _ = req.ProviderData.(*licet.Admin)
}

func (s *signingKeys) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	var found struct {
		Keys []struct {
			X     string
			State string `json:"licet_state"`
		}
	}
	if err := s.admin.Request(ctx, http.MethodGet, "/.well-known/licet/jwks.json", nil, &found); err != nil {
		Object{}.report(fmt.Errorf("the public keys: %w", err), &resp.Diagnostics)
		return
	}
	keys := []string{}
	for _, state := range []string{"active", "next", "retired"} {
		for _, each := range found.Keys {
			if each.State == state {
				keys = append(keys, each.X)
			}
		}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("public_keys"), keys)...)
}
