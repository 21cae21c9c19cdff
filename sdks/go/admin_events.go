package licet

import (
	"context"
	"iter"
)

// AdminWebhooks has the calls about the endpoints that receive events.
type AdminWebhooks struct{ admin *Admin }

// Create creates an endpoint. Its secret is shown only once: it is nil if the first response was lost and the request repeated. Then RotateSecret makes a new one.
func (r *AdminWebhooks) Create(ctx context.Context, params WebhookParams, options ...RequestOption) (*Webhook, error) {
	return callRoute[Webhook](ctx, r.admin, "POST /api/v1/webhooks", nil, params, options)
}

// Get returns an endpoint.
func (r *AdminWebhooks) Get(ctx context.Context, id string, options ...RequestOption) (*Webhook, error) {
	return callRoute[Webhook](ctx, r.admin, "GET /api/v1/webhooks/{id}", []string{id}, nil, options)
}

// List lists endpoints.
func (r *AdminWebhooks) List(ctx context.Context, query Query) iter.Seq2[Webhook, error] {
	return list[Webhook](ctx, r.admin, "GET /api/v1/webhooks", nil, query)
}

// Update changes the fields that are set.
func (r *AdminWebhooks) Update(ctx context.Context, id string, params WebhookParams, options ...RequestOption) (*Webhook, error) {
	return callRoute[Webhook](ctx, r.admin, "PUT /api/v1/webhooks/{id}", []string{id}, params, options)
}

// Delete deletes an endpoint.
func (r *AdminWebhooks) Delete(ctx context.Context, id string, options ...RequestOption) error {
	method, path, err := fillRoute("DELETE /api/v1/webhooks/{id}", []string{id})
	if err != nil {
		return err
	}
	return r.admin.Request(ctx, method, path, nil, nil, options...)
}

// RotateSecret gives an endpoint a new secret.
func (r *AdminWebhooks) RotateSecret(ctx context.Context, id string, options ...RequestOption) (*Webhook, error) {
	return callRoute[Webhook](ctx, r.admin, "POST /api/v1/webhooks/{id}/rotate-secret", []string{id}, nil, options)
}

// AdminEvents has the calls about events.
type AdminEvents struct{ admin *Admin }

// Get returns an event.
func (r *AdminEvents) Get(ctx context.Context, id string, options ...RequestOption) (*Event, error) {
	return callRoute[Event](ctx, r.admin, "GET /api/v1/events/{id}", []string{id}, nil, options)
}

// List lists events, newest first, or those after the event "after", oldest first.
func (r *AdminEvents) List(ctx context.Context, query Query) iter.Seq2[Event, error] {
	return list[Event](ctx, r.admin, "GET /api/v1/events", nil, query)
}
