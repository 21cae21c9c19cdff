import type { Activation, LicenseState } from './activations.ts'
import { admitDevice, admitDomain } from './activations.ts'
import {
  findSuffixPattern,
  getFreeDomainsMax,
  listReleased,
  matchFreePatterns,
  needsNoSlot,
} from './free-domains.ts'
import type { Hostname } from './hostnames.ts'
import { type LicenseSnapshot, resolveEntitlements } from './licenses.ts'
import { listNotices } from './plan-notices.ts'
import type { Plan } from './plans.ts'
import { toTimestamp } from './times.ts'
import { type Check, checks, includesFeature, type ValidationRequest } from './validations.ts'
import { domainInvalid } from './verdicts.ts'

/** The number of names that one sentence lists. */
const NAMES_MAX = 10

/** The state of a license with its oldest domains. */
export type ExplainableState = LicenseState &
  LicenseSnapshot & { readonly domains: readonly string[] }

/** Returns the result of every check with its reason, including the checks after the first failure. */
export function explain(state: ExplainableState, request: ValidationRequest, atMs: number) {
  const results = checks.map(({ name, judge }) => {
    const refusal = judge(state, request, atMs)
    const passed = refusal === null
    return { name, passed, detail: describe[name](state, request, atMs, passed), refusal }
  })
  const error = results.find(({ refusal }) => refusal !== null)?.refusal?.error ?? null
  return {
    valid: error === null,
    error,
    notices: [...listNotices({ ...state.plan, ...resolveEntitlements(state.license, state.plan) })],
    checks: results.map(({ name, passed, detail }) => ({ name, passed, detail })),
  }
}

/** Returns a sentence for support: what the check found, and how to fix it. */
type Describe = (
  state: ExplainableState,
  request: ValidationRequest,
  atMs: number,
  passed: boolean,
) => string

const describeExpiry: Describe = ({ license }, _request, atMs) => {
  const { expiresAtMs, endsAtMs, pendingDays } = license
  if (pendingDays !== null) {
    return `The license starts with its first validation and then lasts ${pendingDays} days.`
  }
  if (expiresAtMs === null || endsAtMs === null) return 'The license never expires.'
  const expiresAt = toTimestamp(expiresAtMs)
  if (atMs < expiresAtMs) return `The license is valid until ${expiresAt}.`
  const grace =
    endsAtMs === expiresAtMs ? '' : `, and its grace period ended on ${toTimestamp(endsAtMs)}`
  return atMs < endsAtMs
    ? `The license expired on ${expiresAt} and is in its grace period until ${toTimestamp(endsAtMs)}.`
    : `The license expired on ${expiresAt}${grace}. Renew it to let it validate.`
}

const describeDomain: Describe = (state, { hostname }, atMs, passed) => {
  if (hostname === undefined) return describeAbsence('domain', passed)
  if (hostname === null) return domainInvalid.message
  const { license, plan, domain, domains: names, idleDomain: idle } = state
  const { host } = hostname
  const limit = resolveEntitlements(license, plan).maxDomains
  const room = { used: license.domainsUsed, limit, names }
  const admission = admitDomain(state, hostname, atMs)
  switch (admission) {
    case 'active':
      return `${describeCovered(host, domain)} (${describeUse(room)}).`
    case 'development':
      return `${host} is a development domain and takes no slot.`
    case 'free':
      return `${host} takes no slot because ${describePattern(plan, hostname)} (${describeFreeUse(state)}).`
    default: {
      const arrival = describeArrival(plan, { subject: host, admission, idle, room })
      return `${arrival}${describeFreePatterns(state, hostname)}`
    }
  }
}

/** Returns what the free patterns of the plan mean for a host that needs a slot, if anything. */
function describeFreePatterns(state: LicenseState, hostname: Hostname): string {
  const { license, plan } = state
  if (needsNoSlot(state, hostname)) {
    return ` It would take no slot because ${describePattern(plan, hostname)}, but the free domains are used up (${describeFreeUse(state)}).`
  }
  if (matchFreePatterns(plan, hostname) === 'beside') {
    return ` It will take no slot once another host of ${hostname.root} is activated.`
  }
  const released = listReleased(state, hostname, license.domainsUsed + 1).map(({ value }) => value)
  return released.length === 0
    ? ''
    : ` It would release the slots of hosts that need none beside it: ${listNames(released)}.`
}

function describePattern(plan: Plan, { host, root }: Hostname): string {
  const pattern = findSuffixPattern(plan, host)
  return pattern === null ? `${root} is activated` : `it matches ${pattern}`
}

function describeFreeUse({ license, plan }: LicenseState): string {
  const max = getFreeDomainsMax(plan, license.domainsUsed)
  return `${license.freeDomainsUsed} of ${max} free domains in use`
}

function describeCovered(host: string, domain: Activation | null): string {
  if (domain?.isFree) return `${host} is recorded as a free domain and takes no slot`
  return domain?.value === host
    ? `${host} is activated`
    : `${host} is covered by the activation of ${domain?.value}`
}

const describeDevice: Describe = (state, { fingerprint }, atMs, passed) => {
  if (fingerprint === undefined) return describeAbsence('fingerprint', passed)
  const { license, plan, idleDevice: idle } = state
  const limit = resolveEntitlements(license, plan).maxDevices
  const room = { used: license.devicesUsed, limit, names: [] }
  const admission = admitDevice(state, atMs)
  return admission === 'active'
    ? `The device is activated (${describeUse(room)}).`
    : describeArrival(plan, { subject: 'The device', admission, idle, room })
}

const describe: Readonly<Record<Check['name'], Describe>> = {
  product: ({ license }, { product }, _atMs, passed) => {
    if (product === undefined) {
      return `No product was requested; the license is for ${license.productSlug}.`
    }
    return passed
      ? `The license is for ${product}, as requested.`
      : `The app requested ${product}, but the license is for ${license.productSlug}.`
  },
  revocation: ({ license: { revokedAtMs } }) =>
    revokedAtMs === null
      ? 'The license is not revoked.'
      : `The license was revoked on ${toTimestamp(revokedAtMs)}, which is final.`,
  suspension: ({ license: { suspendedAtMs, suspensionReason } }) => {
    if (suspendedAtMs === null) return 'The license is not suspended.'
    const reason = suspensionReason === null ? '' : ` (${suspensionReason})`
    return `The license was suspended on ${toTimestamp(suspendedAtMs)}${reason}. Reinstate it to let it validate.`
  },
  expiry: describeExpiry,
  features: ({ license, plan }, { features: requested = [] }) => {
    const { features } = resolveEntitlements(license, plan)
    const names = Object.keys(features).filter((name) => includesFeature(features, name))
    const included = `the license includes ${listNames(names) || 'none'}`
    if (requested.length === 0) return `No feature was requested; ${included}.`
    const missing = requested.filter((name) => !includesFeature(features, name))
    return missing.length === 0
      ? `All requested features are included: ${listNames(requested)}.`
      : `The app requested ${listNames(missing)}, but ${included}.`
  },
  domain: describeDomain,
  device: describeDevice,
}

function describeAbsence(field: 'domain' | 'fingerprint', passed: boolean): string {
  return passed
    ? `No ${field} was sent, and the plan does not require one.`
    : `No ${field} was sent, but the plan requires one.`
}

interface Arrival {
  readonly subject: string
  readonly admission: 'slot' | 'evict' | 'full'
  /** The activation idle the longest, if the plan evicts. */
  readonly idle: Activation | null
  readonly room: LimitUse
}

function describeArrival(plan: Plan, { subject, admission, idle, room }: Arrival): string {
  const use = describeUse(room)
  if (plan.activation === 'explicit') {
    return `${subject} is not activated, and this plan requires a call to /activate (${use}).`
  }
  if (admission === 'slot') return `${subject} would take a free slot (${use}).`
  const longestIdle = idle && formatIdle(idle)
  if (admission === 'evict') return `${subject} would replace ${longestIdle} (${use}).`
  const refusal = `${subject} is not activated, and no slot is free (${use}).`
  const excess = room.used - (room.limit ?? 0)
  if (excess > 0) return `${refusal} Deactivate ${excess + 1} of them, or raise the limit.`
  const advice = `${refusal} Deactivate or move one, or raise the limit.`
  return longestIdle === null
    ? advice
    : `${advice} After ${formatIdleDays(plan)} without use, an activation is replaced; the next one is ${longestIdle}.`
}

function formatIdle(idle: Activation): string {
  const seen = `${formatName(idle)}, last seen on ${toTimestamp(idle.lastSeenAtMs)}`
  const { lastSeenAtMs, filesUntilMs } = idle
  return filesUntilMs > lastSeenAtMs
    ? `${seen}, with a license file until ${toTimestamp(filesUntilMs)}`
    : seen
}

const formatName = ({ value, name }: Activation) => (name === null ? value : `${value} (${name})`)

const formatIdleDays = ({ evictIdleDays }: Plan) =>
  evictIdleDays === 1 ? '1 day' : `${evictIdleDays} days`

/** How much of a limit is in use. `names` are the oldest activations. */
interface LimitUse {
  readonly used: number
  readonly limit: number | null
  readonly names: readonly string[]
}

function describeUse({ used, limit, names }: LimitUse): string {
  const counts = limit === null ? `${used} in use, no limit` : `${used} of ${limit} in use`
  return names.length === 0 ? counts : `${counts}: ${listNames(names, used)}`
}

/** Lists the first of `total` names. */
function listNames(names: readonly string[], total = names.length): string {
  const named = names.slice(0, NAMES_MAX)
  const rest = total - named.length
  return rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ')
}
