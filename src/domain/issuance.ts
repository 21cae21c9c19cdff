import { domainActivation } from './activations.ts'
import type { Change, Decision, EventDraft } from './decisions.ts'
import { invalidField } from './faults.ts'
import { getActivationValue, type Hostname, parseHostname } from './hostnames.ts'
import {
  buildExpiry,
  type License,
  type LicenseKey,
  type Overrides,
  resolveEntitlements,
} from './licenses.ts'
import type { Plan } from './plans.ts'
import { DAY_MS } from './times.ts'

/** One license to be made, with everything random about it already drawn. */
export interface LicenseOrder {
  readonly id: string
  readonly key: LicenseKey
  readonly customerEmail: string
  readonly customerName: string | null
  /** Undefined takes the plan's duration; null is perpetual. */
  readonly expiresAtMs: number | null | undefined
  readonly overrides: Overrides
  readonly metadata: License['metadata']
  readonly externalRef: string | null
  readonly domains: readonly string[]
}

/** Makes the licenses of one purchase: all of them, or a Fault and none. */
export function decideIssuance(
  plan: Plan,
  orders: readonly LicenseOrder[],
  createId: () => string,
  nowMs: number,
): Decision<null> {
  const issues = orders.map((order) => issue(plan, order, createId, nowMs))
  return {
    result: null,
    changes: issues.flatMap(({ changes }) => changes),
    events: issues.flatMap(({ events }) => events),
  }
}

interface Issue {
  readonly changes: readonly Change[]
  readonly events: readonly EventDraft[]
}

function issue(plan: Plan, order: LicenseOrder, createId: () => string, nowMs: number): Issue {
  const waits = order.expiresAtMs === undefined && plan.startsOn === 'first_validation'
  const duration = plan.durationDays === null ? null : nowMs + plan.durationDays * DAY_MS
  const expiresAtMs = order.expiresAtMs === undefined ? duration : order.expiresAtMs
  const license: License = {
    id: order.id,
    ...order.key,
    planSlug: plan.slug,
    productSlug: plan.productSlug,
    overrides: order.overrides,
    customerEmail: order.customerEmail,
    customerName: order.customerName,
    metadata: order.metadata,
    externalRef: order.externalRef,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    pendingDays: waits ? plan.durationDays : null,
    ...buildExpiry(waits ? null : expiresAtMs, plan),
    activatedAtMs: null,
    suspendedAtMs: null,
    suspensionReason: null,
    revokedAtMs: null,
    lastValidatedAtMs: null,
    validationCount: 0,
    domainsUsed: 0,
    freeDomainsUsed: 0,
    devicesUsed: 0,
    limitNotices: {},
    version: 1,
  }
  const activations = firstDomains(license, plan, order.domains).map((hostname) =>
    domainActivation({ license, plan }, hostname, false, {
      id: createId(),
      name: null,
      country: null,
      nowMs,
    }),
  )
  return {
    changes: [
      { type: 'license.create', license },
      ...activations.map((activation) => ({ type: 'activation.create' as const, activation })),
    ],
    events: [
      { type: 'license.created', licenseId: license.id },
      ...activations.map((activation) => ({
        type: 'activation.created' as const,
        licenseId: license.id,
        activation,
      })),
    ],
  }
}

/** The domains that an order names, each once. Development domains need no slot, so take none. */
function firstDomains(license: License, plan: Plan, texts: readonly string[]): Hostname[] {
  const byValue = new Map<string, Hostname>()
  for (const [index, text] of texts.entries()) {
    const hostname = parseHostname(text)
    if (hostname === null) {
      throw invalidField(
        `/domains/${index}`,
        'This is no domain name. Give one such as example.com.',
      )
    }
    if (plan.developmentDomainsFree && hostname.isDevelopment) continue
    byValue.set(getActivationValue(hostname, plan.domainMatch), hostname)
  }
  const { maxDomains } = resolveEntitlements(license, plan)
  if (maxDomains !== null && byValue.size > maxDomains) {
    throw invalidField(
      '/domains',
      `The limit is ${maxDomains} domains. Give fewer, or raise max_domains.`,
    )
  }
  return [...byValue.values()]
}
