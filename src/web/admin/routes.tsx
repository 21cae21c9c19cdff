import type { AnyComponent } from 'preact'
import { lazyPage } from '../shared/chunk.ts'
import { OverviewPage } from './overview/overview.tsx'

/**
 * The pages by their addresses. A fixed address comes before one with a parameter. All but the first
 * are loaded when they are opened.
 */
export const routes: readonly { readonly path: string; readonly component: AnyComponent }[] = [
  { path: '/admin', component: OverviewPage },
  {
    path: '/admin/licenses',
    component: lazyPage(async () => (await import('./licenses/licenses.tsx')).LicensesPage),
  },
  {
    path: '/admin/licenses/new',
    component: lazyPage(async () => (await import('./licenses/new-license.tsx')).NewLicensePage),
  },
  {
    path: '/admin/licenses/:id',
    component: lazyPage(async () => (await import('./licenses/license.tsx')).LicensePage),
  },
  {
    path: '/admin/customers',
    component: lazyPage(async () => (await import('./customers/customers.tsx')).CustomersPage),
  },
  {
    path: '/admin/plans',
    component: lazyPage(async () => (await import('./plans/plans.tsx')).PlansPage),
  },
  {
    path: '/admin/plans/:slug',
    component: lazyPage(async () => (await import('./plans/plan.tsx')).PlanPage),
  },
  {
    path: '/admin/plans/new/:product',
    component: lazyPage(async () => (await import('./plans/new-plan.tsx')).NewPlanPage),
  },
  {
    path: '/admin/usage',
    component: lazyPage(async () => (await import('./usage/usage.tsx')).UsagePage),
  },
  {
    path: '/admin/checkout',
    component: lazyPage(async () => (await import('./checkout/checkout.tsx')).CheckoutPage),
  },
  {
    path: '/admin/checkout/events/:id',
    component: lazyPage(async () => (await import('./checkout/event.tsx')).CheckoutEventPage),
  },
  {
    path: '/admin/checkout/rules',
    component: lazyPage(async () => (await import('./checkout/rules.tsx')).RulesPage),
  },
  {
    path: '/admin/checkout/rules/new',
    component: lazyPage(async () => (await import('./checkout/new-rule.tsx')).NewRulePage),
  },
  {
    path: '/admin/checkout/rules/:id',
    component: lazyPage(async () => (await import('./checkout/rule.tsx')).RulePage),
  },
  {
    path: '/admin/checkout/dry-run',
    component: lazyPage(async () => (await import('./checkout/dry-run.tsx')).DryRunPage),
  },
  {
    path: '/admin/mails',
    component: lazyPage(async () => (await import('./mails/mails.tsx')).MailsPage),
  },
  {
    path: '/admin/mails/:id',
    component: lazyPage(async () => (await import('./mails/mail.tsx')).MailPage),
  },
  {
    path: '/admin/webhooks',
    component: lazyPage(async () => (await import('./webhooks/webhooks.tsx')).WebhooksPage),
  },
  {
    path: '/admin/webhooks/deliveries',
    component: lazyPage(async () => (await import('./webhooks/deliveries.tsx')).DeliveriesPage),
  },
  {
    path: '/admin/webhooks/deliveries/:id',
    component: lazyPage(async () => (await import('./webhooks/delivery.tsx')).DeliveryPage),
  },
  {
    path: '/admin/webhooks/:id',
    component: lazyPage(async () => (await import('./webhooks/endpoint.tsx')).EndpointPage),
  },
  {
    path: '/admin/events',
    component: lazyPage(async () => (await import('./events/events.tsx')).EventsPage),
  },
  {
    path: '/admin/events/:id',
    component: lazyPage(async () => (await import('./events/event.tsx')).EventPage),
  },
  {
    path: '/admin/keys',
    component: lazyPage(async () => (await import('./keys/keys.tsx')).KeysPage),
  },
  {
    path: '/admin/edges',
    component: lazyPage(async () => (await import('./edges/edges.tsx')).EdgesPage),
  },
  {
    path: '/admin/operators',
    component: lazyPage(async () => (await import('./operators/operators.tsx')).OperatorsPage),
  },
  {
    path: '/admin/audit',
    component: lazyPage(async () => (await import('./audit/audit.tsx')).AuditPage),
  },
  {
    path: '/admin/health',
    component: lazyPage(async () => (await import('./health/health.tsx')).HealthPage),
  },
  {
    path: '/admin/settings',
    component: lazyPage(async () => (await import('./settings/settings.tsx')).SettingsPage),
  },
]
