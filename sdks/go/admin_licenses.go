package licet

import (
	"context"
	"iter"
)

// AdminLicenses has the calls about licenses. An id is that of a license: Lookup finds it by its key.
type AdminLicenses struct{ admin *Admin }

// Create issues a license.
func (r *AdminLicenses) Create(ctx context.Context, params LicenseParams, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses", nil, params, options)
}

// Get returns a license.
func (r *AdminLicenses) Get(ctx context.Context, id string, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "GET /api/v1/licenses/{id}", []string{id}, nil, options)
}

// List lists licenses, newest first. The query has names such as plan, status, customer_email and limit.
func (r *AdminLicenses) List(ctx context.Context, query Query) iter.Seq2[LicenseRecord, error] {
	return list[LicenseRecord](ctx, r.admin, "GET /api/v1/licenses", nil, query)
}

// Lookup returns the license with this key, however the key is spelled.
func (r *AdminLicenses) Lookup(ctx context.Context, key string, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/lookup", nil, map[string]string{"key": key}, options)
}

// Update changes the fields that are set.
func (r *AdminLicenses) Update(ctx context.Context, id string, params LicenseParams, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "PUT /api/v1/licenses/{id}", []string{id}, params, options)
}

// Revoke ends a license for good. The reason may be empty.
func (r *AdminLicenses) Revoke(ctx context.Context, id, reason string, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/{id}/revoke", []string{id}, because(reason), options)
}

// Suspend refuses all validations until the license is reinstated.
func (r *AdminLicenses) Suspend(ctx context.Context, id, reason string, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/{id}/suspend", []string{id}, because(reason), options)
}

// Reinstate ends a suspension.
func (r *AdminLicenses) Reinstate(ctx context.Context, id string, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/{id}/reinstate", []string{id}, nil, options)
}

// Renew moves the end of the license.
func (r *AdminLicenses) Renew(ctx context.Context, id string, params RenewParams, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/{id}/renew", []string{id}, params, options)
}

// RotateKey gives the license a new key.
func (r *AdminLicenses) RotateKey(ctx context.Context, id string, params RotateKeyParams, options ...RequestOption) (*LicenseRecord, error) {
	return callRoute[LicenseRecord](ctx, r.admin, "POST /api/v1/licenses/{id}/rotate-key", []string{id}, params, options)
}

// Usage lists the validations of a license, newest first.
func (r *AdminLicenses) Usage(ctx context.Context, id string, query Query) iter.Seq2[UsageEntry, error] {
	return list[UsageEntry](ctx, r.admin, "GET /api/v1/licenses/{id}/usage", []string{id}, query)
}

// Events lists the events of a license, newest first.
func (r *AdminLicenses) Events(ctx context.Context, id string, query Query) iter.Seq2[Event, error] {
	return list[Event](ctx, r.admin, "GET /api/v1/licenses/{id}/events", []string{id}, query)
}

// Activations lists the domains and devices on which a license is used.
func (r *AdminLicenses) Activations(ctx context.Context, id string, query Query) iter.Seq2[LicenseActivation, error] {
	return list[LicenseActivation](ctx, r.admin, "GET /api/v1/licenses/{id}/activations", []string{id}, query)
}

// DeleteActivation frees the slot of a domain or device.
func (r *AdminLicenses) DeleteActivation(ctx context.Context, id, activationID string, options ...RequestOption) error {
	method, path, err := fillRoute("DELETE /api/v1/licenses/{id}/activations/{activation_id}", []string{id, activationID})
	if err != nil {
		return err
	}
	return r.admin.Request(ctx, method, path, nil, nil, options...)
}

// CreateFile issues a license file for a device or for domains that have no connection.
func (r *AdminLicenses) CreateFile(ctx context.Context, id string, params FileParams, options ...RequestOption) (*LicenseFile, error) {
	return callRoute[LicenseFile](ctx, r.admin, "POST /api/v1/licenses/{id}/file", []string{id}, params, options)
}

// because returns the body of a change with a reason.
func because(reason string) map[string]string {
	if reason == "" {
		return map[string]string{}
	}
	return map[string]string{"reason": reason}
}
