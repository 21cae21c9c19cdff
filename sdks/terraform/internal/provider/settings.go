package provider

import (
	"context"

	licet "licet.example/go"
)

func webhookEndpoint() Object {
	return Object{
		Name: "webhook_endpoint", ID: "id", Path: "/api/v1/webhooks", Import: "whk_01jg3m8v5mf1x8yq1r5c2w7h3k",
		About: "An endpoint that receives events. The state contains its secret.",
		Fields: []Field{
			{Name: "id", Kind: Text, Use: Once, About: "The ID of the endpoint."},
			{Name: "url", Kind: URL, Use: Required, About: "The address that events are sent to."},
			{Name: "events", Kind: Texts, Use: Default, Fallback: []any{"*"},
				About: "Event types, groups such as `license.*`, or `*` for all events."},
			{Name: "description", Kind: Text, About: "The purpose of the endpoint."},
			{Name: "enabled", Kind: Flag, Use: Default, Fallback: true,
				About: "Whether events are sent. The server disables an endpoint that fails for days; applying enables it again."},
			{Name: "secret", Kind: Text, Use: Once, Sensitive: true,
				About: "The secret with which deliveries are signed, if the resource has created the endpoint."},
			{Name: "created_at", Kind: Time, Use: Once, About: "When it was created."},
		},
	}
}

func apiKey() Object {
	return Object{
		Name: "api_key", ID: "id", Path: "/api/v1/keys", Import: "key_01jg3m8v5mf1x8yq1r5c2w7h3k",
		About: "An API key. It can grant only scopes that the key of the provider has. The state contains its token.",
		Fields: []Field{
			{Name: "id", Kind: Text, Use: Once, About: "The ID of the key."},
			{Name: "name", Kind: Text, Use: Required, Replaces: true, About: "A name of 1–200 characters."},
			{Name: "scopes", Kind: Texts, Use: Required, Replaces: true,
				About: "What the key may do, such as `licenses:read`, or `*` for everything."},
			{Name: "expires_at", Kind: Time, Replaces: true, About: "When it expires. Never if it is left out."},
			{Name: "token", Kind: Text, Use: Once, Sensitive: true,
				About: "The token, if the resource has created the key."},
			{Name: "created_at", Kind: Time, Use: Once, About: "When it was created."},
		},
		find: findKey,
	}
}

// findKey reads the list, because the API has no route for one key.
func findKey(ctx context.Context, admin *licet.Admin, id string) (members, error) {
	cursor := ""
	for {
		var page licet.Page[members]
		query := licet.WithQuery(licet.Query{"cursor": cursor})
		if err := admin.Request(ctx, "GET", apiKey().Path, nil, &page, query); err != nil {
			return nil, err
		}
		for _, each := range page.Data {
			if each["id"] == id {
				return each, nil
			}
		}
		if page.NextCursor == nil {
			return nil, nil
		}
		cursor = *page.NextCursor
	}
}

var suspendOrNothing, revokeOrNothing = []string{"suspend", "nothing"}, []string{"revoke", "nothing"}

func checkoutRule() Object {
	return Object{
		Name: "checkout_rule", ID: "id", Path: "/api/v1/checkout/rules", Import: "rule_01jg3m8v5mf1x8yq1r5c2w7h3k",
		About:      "A rule that maps what is sold in a shop to a plan. It cannot be destroyed while it has granted licenses.",
		ExactlyOne: []string{"price", "payment_link", "product", "metadata_plan"},
		Fields: []Field{
			{Name: "id", Kind: Text, Use: Once, About: "The ID of the rule."},
			{Name: "provider_name", Kind: Text, OneOf: []string{"stripe", "paddle", "lemonsqueezy", "polar", "standard"},
				About: "The shop. All of them if it is left out."},
			{Name: "price", Kind: Text, About: "The ID of the price or variant that is sold."},
			{Name: "payment_link", Kind: Text, About: "The ID of the Stripe payment link."},
			{Name: "product", Kind: Text, About: "The ID of the product that is sold, at the shop."},
			{Name: "metadata_plan", Kind: Text, About: "The text in `metadata.licet_plan`."},
			{Name: "plan", Kind: Text, Use: Required, About: "The slug of the plan of the licenses."},
			{Name: "quantity_means", Kind: Text, Use: Default, Fallback: "licenses", OneOf: []string{"licenses", "seats", "devices"},
				About: "Whether a quantity is the number of licenses, or a limit of one license."},
			{Name: "slack_hours", Kind: Number, Use: Default, Fallback: 72,
				About: "How many hours a license stays valid after the paid period."},
			{Name: "past_due", Kind: Text, Use: Default, Fallback: "suspend", OneOf: suspendOrNothing,
				About: "What a failed payment does."},
			{Name: "past_due_days", Kind: Number, Use: Default, Fallback: 0, About: "How many days after that."},
			{Name: "full_refund", Kind: Text, Use: Default, Fallback: "revoke", OneOf: revokeOrNothing,
				About: "What a full refund does."},
			{Name: "partial_refund", Kind: Text, Use: Default, Fallback: "nothing", OneOf: revokeOrNothing,
				About: "What a partial refund does."},
			{Name: "dispute", Kind: Text, Use: Default, Fallback: "suspend", OneOf: suspendOrNothing,
				About: "What a dispute does."},
			{Name: "dispute_lost", Kind: Text, Use: Default, Fallback: "revoke", OneOf: revokeOrNothing,
				About: "What a lost dispute does."},
			{Name: "lower_quantity", Kind: Text, Use: Default, Fallback: "newest_unused",
				OneOf: []string{"newest_unused", "newest", "nothing"}, About: "Which license a lower quantity revokes."},
			{Name: "email_change", Kind: Text, Use: Default, Fallback: "update", OneOf: []string{"update", "keep"},
				About: "Whether the license follows a new email address at the shop."},
			{Name: "import_keys", Kind: Flag, Use: Default, Fallback: false,
				About: "Whether the license gets the key that the shop has sent."},
			{Name: "mail", Kind: Group, Use: Default, About: "The emails that the customer gets.",
				Fallback: members{"key": true, "file": false, "expiring": false, "past_due": false}, Fields: []Field{
					{Name: "key", Kind: Flag, Use: Default, Fallback: true, About: "The key of a new license."},
					{Name: "file", Kind: Flag, Use: Default, Fallback: false, About: "Also a license file, for licenses without limits."},
					{Name: "expiring", Kind: Flag, Use: Default, Fallback: false, About: "That the license expires soon."},
					{Name: "past_due", Kind: Flag, Use: Default, Fallback: false, About: "That a payment has failed."},
				}},
			{Name: "version", Kind: Number, Use: Computed, About: "Advances with every change."},
		},
		// An attribute of a resource cannot be named provider.
		adapt: func(body members) {
			if shop, isSent := body["provider_name"]; isSent {
				body["provider"] = shop
				delete(body, "provider_name")
			}
		},
		present: func(found, _ members) { found["provider_name"] = found["provider"] },
	}
}

// Objects returns the kinds of objects that have a resource.
func Objects() []Object {
	return []Object{product(), plan(), license(), webhookEndpoint(), apiKey(), checkoutRule()}
}
