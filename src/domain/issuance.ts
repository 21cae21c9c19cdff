import { buildActivation, createActivation } from './activations.ts'
import { type Decision, joinWrites, unchanged, type Writes } from './decisions.ts'
import { Fault, invalidField } from './faults.ts'
import { findSuffixPattern, getFreeDomainsMax, matchFreePatterns } from './free-domains.ts'
import { getActivationValue, type Hostname, parseHostname } from './hostnames.ts'
import type { License, LicenseKey } from './licenses.ts'
import { resolveEntitlements } from './licenses.ts'
import { type Plan, requireUsable } from './plans.ts'
import { buildExpiry, buildTerm } from './terms.ts'

/** A license to create, with its random parts already generated. */
export interface LicenseOrder
  extends Pick<License, 'id' | 'customerName' | 'overrides' | 'metadata' | 'externalRef'> {
  readonly key: LicenseKey
  readonly customerEmail: string | null
  /** Undefined means the plan's duration; null means perpetual. */
  readonly expiresAtMs: number | null | undefined
  readonly domains: readonly string[]
}

/** The licenses that already exist for an order which reuses them, the live ones and oldest first. */
export interface IssuanceState {
  readonly plan: Plan
  readonly existing: readonly License[]
}

/**
 * Creates all licenses of one purchase, unless they exist already, and returns their ids. Throws a
 * Fault if a domain is invalid or over the limit.
 */
export function decideIssuance(
  { plan, existing }: IssuanceState,
  orders: readonly LicenseOrder[],
  createId: () => string,
  nowMs: number,
): Decision<readonly string[]> {
  if (existing.length > 0) return unchanged(reuseLicenses(existing, orders))
  requireUsable(plan)
  const issued = orders.map((order) => issueLicense(plan, order, createId, nowMs))
  return { result: orders.map(({ id }) => id), ...joinWrites(issued) }
}

/**
 * Returns the licenses of a repeated order as they are now, even if they have another plan or were
 * revoked since. Rejects an order of another customer, who must not get these keys.
 */
function reuseLicenses(
  existing: readonly License[],
  orders: readonly LicenseOrder[],
): readonly string[] {
  const emails = new Set(orders.map(({ customerEmail }) => customerEmail))
  const foreign = existing.find(
    ({ customerEmail }) => !emails.has(customerEmail ?? '') && customerEmail,
  )
  if (foreign) {
    throw new Fault(
      'already_exists',
      `License ${foreign.id} has this external_ref and belongs to another customer_email. Use another external_ref.`,
    )
  }
  if (existing.length < orders.length) {
    throw new Fault(
      'already_exists',
      `${existing.length === 1 ? '1 license has' : `${existing.length} licenses have`} this external_ref, but the request asks for ${orders.length}. Create the others with an external_ref of their own.`,
    )
  }
  return existing.slice(0, orders.length).map(({ id }) => id)
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
  const activations = admitDomains(license, plan, domains).map(([hostname, admission]) => {
    const draft = { id: createId(), name: null, country: null, nowMs }
    return buildActivation({ license, plan }, { kind: 'domain', hostname }, admission, draft)
  })
  const created: Writes = {
    changes: [{ type: 'license.create', license }],
    events: [{ type: 'license.created', licenseId: license.id }],
  }
  return joinWrites([created, ...activations.map(createActivation)])
}

/** Admits the domains of an order: sites first, because staging hosts beside them need no slot. */
function admitDomains(license: License, plan: Plan, texts: readonly string[]) {
  const hostnames = parseDomains(plan, texts)
  const free = listFreeDomains(plan, hostnames)
  const { maxDomains } = resolveEntitlements(license, plan)
  if (maxDomains !== null && hostnames.length - free.size > maxDomains) {
    const domains = maxDomains === 1 ? '1 domain' : `${maxDomains} domains`
    const detail = `The limit is ${domains}. Send fewer, or raise max_domains.`
    throw invalidField('/domains', detail)
  }
  return hostnames.map((hostname) => [hostname, free.has(hostname) ? 'free' : 'slot'] as const)
}

/** Returns which of the first domains of a license need no slot. */
export function listFreeDomains(plan: Plan, hostnames: readonly Hostname[]): ReadonlySet<Hostname> {
  const slots = new Set(hostnames.filter((hostname) => matchFreePatterns(plan, hostname) === null))
  const free = new Set<Hostname>()
  for (const hostname of hostnames) {
    if (slots.has(hostname)) continue
    const isBeside = [...slots].some(({ root }) => root === hostname.root)
    const needsNone = isBeside || matchFreePatterns(plan, hostname) === 'always'
    const hasRoom = free.size < getFreeDomainsMax(plan, slots.size)
    if (needsNone && hasRoom) free.add(hostname)
    else slots.add(hostname)
  }
  return free
}

/** Returns the value that an activation of this host has at first. */
export function getFirstValue(plan: Plan, hostname: Hostname): string {
  const isOwn = findSuffixPattern(plan, hostname.host) !== null
  return getActivationValue(hostname, isOwn ? 'exact' : plan.domainMatch)
}

/** Parses and deduplicates the domains of an order. Free development domains are left out. */
function parseDomains(plan: Plan, texts: readonly string[]): readonly Hostname[] {
  const byValue = new Map<string, Hostname>()
  for (const [index, text] of texts.entries()) {
    const hostname = parseHostname(text)
    if (hostname === null) {
      const detail = 'This is not a domain name. Use a name such as example.com.'
      throw invalidField(`/domains/${index}`, detail)
    }
    if (plan.developmentDomainsFree && hostname.isDevelopment) continue
    byValue.set(getFirstValue(plan, hostname), hostname)
  }
  return [...byValue.values()]
}
