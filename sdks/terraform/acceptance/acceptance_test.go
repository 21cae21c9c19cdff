//go:build acceptance

// Package acceptance tests the provider with a real Terraform or OpenTofu and a running server.
package acceptance

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	licet "licet.example/go"
	"licet.example/terraform-provider-licet/internal/provider"
)

var (
	ctx   = context.Background()
	admin *licet.Admin
	// run makes the names of objects of this run unique.
	run = strings.ToLower(rand.Text()[:4])
)

func TestMain(m *testing.M) {
	var err error
	if admin, err = licet.NewAdmin(os.Getenv("LICET_URL"), os.Getenv("LICET_TOKEN"), licet.AdminOptions{}); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func apply(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"licet": providerserver.NewProtocol6WithError(provider.New()),
		},
		Steps: steps,
	})
}

// shop returns a configuration with a product and a plan of a name, and more.
func shop(name, more string) string {
	return fmt.Sprintf(`
resource "licet_product" "editor" {
  slug       = "%[1]s-%[2]s"
  name       = "Editor"
  key_prefix = "%[3]s"
}
resource "licet_plan" "pro" {
  slug        = "%[1]s-%[2]s-pro"
  product     = licet_product.editor.slug
  name        = "Pro"
  max_devices = 2
  features    = { sso = true, projects = 10, ratio = 0.1, tier = "gold" }
}
`, name, run, strings.ToUpper(name[:4]+run)) + more
}

func step(config string, checks ...resource.TestCheckFunc) resource.TestStep {
	return resource.TestStep{Config: config, Check: resource.ComposeAggregateTestCheckFunc(checks...)}
}

var is = resource.TestCheckResourceAttr

func isAbsent(name, attribute string) resource.TestCheckFunc {
	return resource.TestCheckNoResourceAttr(name, attribute)
}

// on runs a function with the ID of a resource.
func on(name, attribute string, run func(id string) error) resource.TestCheckFunc {
	return func(state *terraform.State) error {
		return run(state.RootModule().Resources[name].Primary.Attributes[attribute])
	}
}

func expectAction(name string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(name, action)}}
}

func TestAPlanIsCreatedChangedImportedAndDestroyed(t *testing.T) {
	changed := `
resource "licet_plan" "team" {
  slug                 = "plan-` + run + `-team"
  product              = licet_product.editor.slug
  name                 = "%s"
  %s
}`
	imported := resource.TestStep{ResourceName: "licet_plan.team", ImportState: true, ImportStateVerify: true,
		ImportStateId: "plan-" + run + "-team", ImportStateVerifyIdentifierAttribute: "slug"}
	apply(t,
		step(shop("plan", fmt.Sprintf(changed, "Team", `
  max_seats            = 5
  duration_days        = 365
  free_domain_patterns = ["staging.*", "*.wpengine.com"]
  sharing              = { devices_per_day = 9 }
  offline              = { hard_days = 90, file_days = 0 }`)),
			is("licet_plan.team", "max_seats", "5"), is("licet_plan.team", "offline.hard_days", "90"),
			is("licet_plan.team", "offline.refresh_days", "1"), is("licet_plan.team", "activation", "automatic"),
			is("licet_plan.pro", "features.sso", "true"), is("licet_plan.pro", "features.ratio", "0.1")),
		imported,
		step(shop("plan", fmt.Sprintf(changed, "The team", `
  grace_days = 7
  features   = { seats = 3 }
  offline    = { enabled = false }`)),
			is("licet_plan.team", "name", "The team"), isAbsent("licet_plan.team", "max_seats"),
			isAbsent("licet_plan.team", "duration_days"), isAbsent("licet_plan.team", "sharing.devices_per_day"),
			is("licet_plan.team", "offline.enabled", "false"), is("licet_plan.team", "free_domain_patterns.#", "0")),
		imported,
		step(shop("plan", fmt.Sprintf(changed, "The team", "")),
			is("licet_plan.team", "grace_days", "0"), is("licet_plan.team", "offline.file_days", "365")),
		step(shop("plan", "")),
		resource.TestStep{Config: shop("plan", ""), Check: func(*terraform.State) error {
			if _, err := admin.Plans.Get(ctx, "plan-"+run+"-team"); err == nil {
				return fmt.Errorf("the plan is still there")
			}
			return nil
		}},
	)
}

func TestAPlanThatWasChangedElsewhereIsPutBack(t *testing.T) {
	slug := "drift-" + run + "-pro"
	apply(t,
		step(shop("drift", "")),
		resource.TestStep{Config: shop("drift", ""),
			PreConfig: func() {
				params := licet.PlanParams{MaxDevices: licet.Set[int64](99), Features: licet.Features{"sso": false}}
				if _, err := admin.Plans.Update(ctx, slug, params); err != nil {
					t.Error(err)
				}
			},
			ConfigPlanChecks: expectAction("licet_plan.pro", plancheck.ResourceActionUpdate),
			Check:            is("licet_plan.pro", "max_devices", "2")},
		resource.TestStep{Config: shop("drift", ""),
			PreConfig: func() {
				if err := admin.Plans.Delete(ctx, slug); err != nil {
					t.Error(err)
				}
			},
			ConfigPlanChecks: expectAction("licet_plan.pro", plancheck.ResourceActionCreate)},
	)
}

const licenseConfig = `
resource "licet_license" "ada" {
  plan           = licet_plan.pro.slug
  customer_email = "Ada@example.com"
  %s
}
data "licet_license" "by_key" {
  key = lower(licet_license.ada.key)
}
data "licet_plan" "pro" {
  slug = licet_license.ada.plan
}
data "licet_product" "editor" {
  slug = licet_license.ada.product
}
data "licet_signing_keys" "pinned" {}
`

func TestALicenseOverridesItsPlanUntilItIsDestroyed(t *testing.T) {
	license := func(more string) string { return shop("license", fmt.Sprintf(licenseConfig, more)) }
	var id string
	apply(t,
		step(license(`
  customer_name = "Ada"
  max_devices   = -1
  max_seats     = 3
  expires_at    = "2099-01-01T01:00:00+01:00"
  metadata      = { order = 1001, vip = true }
  external_ref  = "order-1001-`+run+`"`),
			is("licet_license.ada", "max_devices", "-1"), is("licet_license.ada", "max_seats", "3"),
			isAbsent("licet_license.ada", "features.sso"), is("licet_license.ada", "status", "active"),
			is("data.licet_license.by_key", "customer_name", "Ada"), is("data.licet_license.by_key", "features.tier", "gold"),
			is("data.licet_plan.pro", "max_devices", "2"), is("data.licet_product.editor", "name", "Editor"),
			is("data.licet_signing_keys.pinned", "public_keys.#", "2"),
			on("licet_license.ada", "id", func(found string) error { id = found; return nil })),
		resource.TestStep{ResourceName: "licet_license.ada", ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"customer_email", "expires_at"}},
		step(license(`
  features  = { sso = false }
  suspended = true`),
			isAbsent("licet_license.ada", "max_devices"), isAbsent("licet_license.ada", "metadata.vip"),
			is("licet_license.ada", "features.sso", "false"), is("licet_license.ada", "status", "suspended"),
			on("licet_license.ada", "id", func(string) error {
				found, err := admin.Licenses.Get(ctx, id)
				if err == nil && (found.MaxDevices == nil || *found.MaxDevices != 2 || len(found.Metadata) > 0) {
					err = fmt.Errorf("the license is %+v", found)
				}
				return err
			})),
		step(license(""), is("licet_license.ada", "status", "active"), isAbsent("licet_license.ada", "features.sso")),
		resource.TestStep{Config: license(""),
			PreConfig: func() {
				if _, err := admin.Licenses.Revoke(ctx, id, "elsewhere"); err != nil {
					t.Error(err)
				}
			},
			ConfigPlanChecks: expectAction("licet_license.ada", plancheck.ResourceActionCreate),
			Check:            on("licet_license.ada", "id", func(found string) error { id = found; return nil })},
		step(shop("license", ""), func(*terraform.State) error {
			found, err := admin.Licenses.Get(ctx, id)
			if err == nil && found.Status != "revoked" {
				err = fmt.Errorf("the license is %s", found.Status)
			}
			return err
		}),
	)
}

func TestAKeyStaysInTheStateIfTheServerHidesIt(t *testing.T) {
	var limited struct{ Token string }
	scopes := map[string]any{"name": "limited", "scopes": []string{"licenses:read", "plans:read"}}
	if err := admin.Request(ctx, "POST", "/api/v1/keys", scopes, &limited); err != nil {
		t.Fatal(err)
	}
	config := shop("hidden", `
resource "licet_license" "imported" {
  plan           = licet_plan.pro.slug
  customer_email = "dev@example.com"
  key            = "a key of another system `+run+`"
}`)
	apply(t,
		step(config, is("licet_license.imported", "key", "a key of another system "+run)),
		resource.TestStep{PlanOnly: true, Config: config + fmt.Sprintf("\nprovider \"licet\" {\n  token = %q\n}\n", limited.Token)},
		step(config),
	)
}

func TestAWebhookEndpointKeepsItsSecretAndIsEnabledAgain(t *testing.T) {
	config := func(more string) string {
		return `resource "licet_webhook_endpoint" "shop" {
  url = "https://Hooks.example.com"
` + more + `
}`
	}
	const name = "licet_webhook_endpoint.shop"
	var id, secret string
	apply(t,
		step(config(""), is(name, "events.#", "1"), resource.TestMatchResourceAttr(name, "secret", regexp.MustCompile("^whsec_")),
			on(name, "id", func(found string) error { id = found; return nil }),
			on(name, "secret", func(found string) error { secret = found; return nil })),
		resource.TestStep{ResourceName: name, ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"secret", "url"}},
		resource.TestStep{Config: config(`events = ["license.*", "activation.*"]
  description = "The shop"`),
			PreConfig: func() {
				if _, err := admin.Webhooks.Update(ctx, id, licet.WebhookParams{Enabled: licet.Set(false)}); err != nil {
					t.Error(err)
				}
			},
			ConfigPlanChecks: expectAction(name, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(is(name, "enabled", "true"), is(name, "events.#", "2"),
				on(name, "secret", func(found string) error {
					if found != secret {
						return fmt.Errorf("the secret has changed")
					}
					return nil
				}))},
		step(config(""), isAbsent(name, "description")),
	)
}

func TestAnAPIKeyIsReplacedWhenItChanges(t *testing.T) {
	config := func(scope string) string {
		return fmt.Sprintf(`resource "licet_api_key" "shop" {
  name       = "shop-%s"
  scopes     = ["licenses:read", %q]
  expires_at = "2099-01-01T00:00:00Z"
}`, run, scope)
	}
	const name = "licet_api_key.shop"
	apply(t,
		step(config("plans:read"), on(name, "token", func(token string) error {
			own, err := licet.NewAdmin(os.Getenv("LICET_URL"), token, licet.AdminOptions{})
			if err != nil {
				return err
			}
			for _, err := range own.Plans.List(ctx, nil) {
				return err
			}
			return nil
		})),
		resource.TestStep{ResourceName: name, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"token"}},
		resource.TestStep{Config: config("events:read"),
			ConfigPlanChecks: expectAction(name, plancheck.ResourceActionDestroyBeforeCreate)},
	)
}

func TestACheckoutRuleNamesWhatIsSold(t *testing.T) {
	config := func(more string) string {
		return shop("rule", `
resource "licet_checkout_rule" "pro" {
  plan = licet_plan.pro.slug
`+more+`
}`)
	}
	const name = "licet_checkout_rule.pro"
	apply(t,
		resource.TestStep{Config: config(`price = "price_1"
  product = "prod_1"`), ExpectError: regexp.MustCompile("exactly one of"), PlanOnly: true},
		resource.TestStep{Config: config(`price = "price_1"
  dispute = "ignore"`), ExpectError: regexp.MustCompile("one of suspend, nothing"), PlanOnly: true},
		step(config(`price = "price_`+run+`"
  provider_name = "stripe"
  quantity_means = "seats"
  mail = { expiring = true }`),
			is(name, "slack_hours", "72"), is(name, "mail.key", "true"), is(name, "mail.expiring", "true"), is(name, "version", "1")),
		resource.TestStep{ResourceName: name, ImportState: true, ImportStateVerify: true},
		step(config(`product = "prod_`+run+`"`), isAbsent(name, "price"), isAbsent(name, "provider_name"),
			is(name, "quantity_means", "licenses"), is(name, "mail.expiring", "false"), is(name, "version", "2")),
	)
}

func TestARefusalNamesTheAttribute(t *testing.T) {
	apply(t, resource.TestStep{
		Config:      shop("refused", fmt.Sprintf(licenseConfig, "max_devices = -7")),
		ExpectError: regexp.MustCompile(`(?s)validation_failed.*max_devices`),
	})
}
