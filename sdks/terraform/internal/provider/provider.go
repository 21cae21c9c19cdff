// Package provider has the resources and data sources of a Licet server.
package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	licet "licet.example/go"
)

// Version is that of the provider. It is part of the User-Agent.
const Version = "0.1.0"

// licetProvider connects to one server.
type licetProvider struct{}

// New returns the provider.
func New() provider.Provider { return &licetProvider{} }

func (p *licetProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "licet", Version
}

func (p *licetProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the products, plans, licenses and settings of a Licet server.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{Optional: true,
				MarkdownDescription: "The address of the server, such as `https://licenses.example.com`. By default, that of the variable `LICET_URL`."},
			"token": schema.StringAttribute{Optional: true, Sensitive: true,
				MarkdownDescription: "An API key. By default, that of the variable `LICET_TOKEN`."},
		},
	}
}

func (p *licetProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var url, token types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("url"), &url)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("token"), &token)...)
	if url.IsUnknown() || token.IsUnknown() {
		resp.Diagnostics.AddError("The server is not known yet",
			"The url and the token of the provider must not depend on a resource that does not exist yet.")
	}
	if resp.Diagnostics.HasError() {
		return
	}
	admin, err := licet.NewAdmin(orVariable(url, "LICET_URL"), orVariable(token, "LICET_TOKEN"),
		licet.AdminOptions{UserAgent: "licet-terraform/" + Version})
	if err != nil {
		resp.Diagnostics.AddError("The provider needs a url and a token", err.Error())
		return
	}
	resp.ResourceData, resp.DataSourceData = admin, admin
}

func orVariable(value types.String, variable string) string {
	if value.IsNull() {
		return os.Getenv(variable)
	}
	return value.ValueString()
}

func (p *licetProvider) Resources(context.Context) []func() resource.Resource {
	var resources []func() resource.Resource
	for _, each := range Objects() {
		resources = append(resources, func() resource.Resource { return &objectResource{object: each} })
	}
	return resources
}

func (p *licetProvider) DataSources(context.Context) []func() datasource.DataSource {
	sources := []func() datasource.DataSource{func() datasource.DataSource { return &signingKeys{} }}
	for _, each := range Objects() {
		if each.Lookup != "" {
			sources = append(sources, func() datasource.DataSource { return &objectSource{object: each} })
		}
	}
	return sources
}
