import type { AnyComponent } from 'preact'
import { AuditPage } from './audit/audit.tsx'
import { CheckoutPage } from './checkout/checkout.tsx'
import { CustomersPage } from './customers/customers.tsx'
import { EventsPage } from './events/events.tsx'
import { HealthPage } from './health/health.tsx'
import { KeysPage } from './keys/keys.tsx'
import { LicensePage } from './licenses/license.tsx'
import { LicensesPage } from './licenses/licenses.tsx'
import { NewLicensePage } from './licenses/new-license.tsx'
import { MailsPage } from './mails/mails.tsx'
import { OperatorsPage } from './operators/operators.tsx'
import { OverviewPage } from './overview/overview.tsx'
import { NewPlanPage } from './plans/new-plan.tsx'
import { PlanPage } from './plans/plan.tsx'
import { PlansPage } from './plans/plans.tsx'
import { SettingsPage } from './settings/settings.tsx'
import { UsagePage } from './usage/usage.tsx'
import { WebhooksPage } from './webhooks/webhooks.tsx'

/** The pages by their addresses. A fixed address comes before one with a parameter. */
export const routes: readonly { readonly path: string; readonly component: AnyComponent }[] = [
  { path: '/admin', component: OverviewPage },
  { path: '/admin/licenses', component: LicensesPage },
  { path: '/admin/licenses/new', component: NewLicensePage },
  { path: '/admin/licenses/:id', component: LicensePage },
  { path: '/admin/customers', component: CustomersPage },
  { path: '/admin/plans', component: PlansPage },
  { path: '/admin/plans/:slug', component: PlanPage },
  { path: '/admin/plans/new/:product', component: NewPlanPage },
  { path: '/admin/usage', component: UsagePage },
  { path: '/admin/checkout', component: CheckoutPage },
  { path: '/admin/mails', component: MailsPage },
  { path: '/admin/webhooks', component: WebhooksPage },
  { path: '/admin/events', component: EventsPage },
  { path: '/admin/keys', component: KeysPage },
  { path: '/admin/operators', component: OperatorsPage },
  { path: '/admin/audit', component: AuditPage },
  { path: '/admin/health', component: HealthPage },
  { path: '/admin/settings', component: SettingsPage },
]
