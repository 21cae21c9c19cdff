import { buildActivation, createActivation } from './activations.ts'
import { type Decision, joinWrites, type Writes } from './decisions.ts'
import { invalidField } from './faults.ts'
import { getActivationValue, type Hostname, parseHostname } from './hostnames.ts'
import type { License, LicenseKey } from './licenses.ts'
import { resolveEntitlements } from './licenses.ts'
import { type Plan, requireUsable } from './plans.ts'
import { buildExpiry, buildTerm } from './terms.ts'

/** A license to create, with its random parts already generated. */
export interface LicenseOrder
  extends Pick<License, 'id' | 'customerName' | 'overrides' | 'metadata' | 'externalRef'> {
  readonly key: LicenseKey
  readonly customerEmail: string
  /** Undefined means the plan's duration; null means perpetual. */
  readonly expiresAtMs: number | null | undefined
  readonly domains: readonly string[]
}

/** Creates all licenses of one purchase. Throws a Fault if a domain is invalid or over the limit. */
export function decideIssuance(
  plan: Plan,
  orders: readonly LicenseOrder[],
  createId: () => string,
  nowMs: number,
): Decision<null> {
  requireUsable(plan)
  const issued = orders.map((order) => issueLicense(plan, order, createId, nowMs))
  return { result: null, ...joinWrites(issued) }
}

function issueLicense(
  plan: Plan,
  order: LicenseOrder,
  createId: () => string,
  nowMs: number,
): Writes {
  const { key, domains, expiresAtMs, ...given } = order
  const license: License = {
    ...given,
    ...key,
    planSlug: plan.slug,
    productSlug: plan.productSlug,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...buildTerm(plan, nowMs),
    ...(expiresAtMs === undefined ? {} : { pendingDays: null, ...buildExpiry(expiresAtMs, plan) }),
    activatedAtMs: null,
    suspendedAtMs: null,
    suspensionReason: null,
    suspensionCause: null,
    revokedAtMs: null,
    domainsUsed: 0,
    freeDomainsUsed: 0,
    devicesUsed: 0,
    limitNotices: {},
    version: 1,
  }
  const activations = parseDomains(license, plan, domains).map((hostname) => {
    const draft = { id: createId(), name: null, country: null, nowMs }
    const place = { kind: 'domain', hostname } as const
    return buildActivation({ license, plan }, place, 'slot', draft)
  })
  const created: Writes = {
    changes: [{ type: 'license.create', license }],
    events: [{ type: 'license.created', licenseId: license.id }],
  }
  return joinWrites([created, ...activations.map(createActivation)])
}

/** Parses and deduplicates the domains of an order. Free development domains are left out. */
function parseDomains(license: License, plan: Plan, texts: readonly string[]): Hostname[] {
  const byValue = new Map<string, Hostname>()
  for (const [index, text] of texts.entries()) {
    const hostname = parseHostname(text)
    if (hostname === null) {
      const detail = 'This is not a domain name. Use a name such as example.com.'
      throw invalidField(`/domains/${index}`, detail)
    }
    if (plan.developmentDomainsFree && hostname.isDevelopment) continue
    byValue.set(getActivationValue(hostname, plan.domainMatch), hostname)
  }
  const { maxDomains } = resolveEntitlements(license, plan)
  if (maxDomains !== null && byValue.size > maxDomains) {
    const detail = `The limit is ${maxDomains} domains. Send fewer, or raise max_domains.`
    throw invalidField('/domains', detail)
  }
  return [...byValue.values()]
}
