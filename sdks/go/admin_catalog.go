package licet

import (
	"context"
	"iter"
)

// AdminPlans has the calls about plans.
type AdminPlans struct{ admin *Admin }

// Create creates a plan.
func (r *AdminPlans) Create(ctx context.Context, params PlanParams, options ...RequestOption) (*Plan, error) {
	return callRoute[Plan](ctx, r.admin, "POST /api/v1/plans", nil, params, options)
}

// Get returns a plan.
func (r *AdminPlans) Get(ctx context.Context, slug string, options ...RequestOption) (*Plan, error) {
	return callRoute[Plan](ctx, r.admin, "GET /api/v1/plans/{slug}", []string{slug}, nil, options)
}

// List lists plans.
func (r *AdminPlans) List(ctx context.Context, query Query) iter.Seq2[Plan, error] {
	return list[Plan](ctx, r.admin, "GET /api/v1/plans", nil, query)
}

// Update changes the fields that are set, for all licenses of the plan.
func (r *AdminPlans) Update(ctx context.Context, slug string, params PlanParams, options ...RequestOption) (*Plan, error) {
	return callRoute[Plan](ctx, r.admin, "PUT /api/v1/plans/{slug}", []string{slug}, params, options)
}

// Delete deletes a plan that no license uses.
func (r *AdminPlans) Delete(ctx context.Context, slug string, options ...RequestOption) error {
	method, path, err := fillRoute("DELETE /api/v1/plans/{slug}", []string{slug})
	if err != nil {
		return err
	}
	return r.admin.Request(ctx, method, path, nil, nil, options...)
}

// AdminProducts has the calls about products.
type AdminProducts struct{ admin *Admin }

// Create creates a product.
func (r *AdminProducts) Create(ctx context.Context, params ProductParams, options ...RequestOption) (*Product, error) {
	return callRoute[Product](ctx, r.admin, "POST /api/v1/products", nil, params, options)
}

// Get returns a product.
func (r *AdminProducts) Get(ctx context.Context, slug string, options ...RequestOption) (*Product, error) {
	return callRoute[Product](ctx, r.admin, "GET /api/v1/products/{slug}", []string{slug}, nil, options)
}

// List lists products.
func (r *AdminProducts) List(ctx context.Context, query Query) iter.Seq2[Product, error] {
	return list[Product](ctx, r.admin, "GET /api/v1/products", nil, query)
}

// Update changes the fields that are set.
func (r *AdminProducts) Update(ctx context.Context, slug string, params ProductParams, options ...RequestOption) (*Product, error) {
	return callRoute[Product](ctx, r.admin, "PUT /api/v1/products/{slug}", []string{slug}, params, options)
}
