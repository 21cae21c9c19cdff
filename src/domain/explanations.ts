import {
  type Activation,
  admitDevice,
  admitDomain,
  isFreeBeside,
  type LicenseState,
} from './activations.ts'
import { resolveEntitlements } from './licenses.ts'
import type { Plan } from './plans.ts'
import { toTimestamp } from './times.ts'
import { type Check, checks, includesFeature, type ValidationRequest } from './validations.ts'
import { domainInvalid, type VerdictError } from './verdicts.ts'

/** A sentence names a few domains; the rest are for the list of activations. */
const NAMED_MAX = 10

export interface Explanation {
  valid: boolean
  error: VerdictError | null
  checks: { name: string; passed: boolean; detail: string }[]
}

/** What is explained: a license as it stands, with its oldest domains. */
export type Explained = LicenseState & { readonly domains: readonly string[] }

/** Every check with its reason, also those behind the one that refuses. Changes nothing. */
export function explain(state: Explained, request: ValidationRequest, atMs: number): Explanation {
  const walked = checks.map(({ name, judge }) => {
    const refusal = judge(state, request, atMs)
    const passed = refusal === null
    return { name, passed, detail: describers[name](state, request, atMs, passed), refusal }
  })
  const error = walked.find(({ refusal }) => refusal !== null)?.refusal?.error ?? null
  return {
    valid: error === null,
    error,
    checks: walked.map(({ name, passed, detail }) => ({ name, passed, detail })),
  }
}

/** Sentences for the people of support: what was found, and what they can do about it. */
type Describe = (
  state: Explained,
  request: ValidationRequest,
  atMs: number,
  passed: boolean,
) => string

const describers: Readonly<Record<Check['name'], Describe>> = {
  product: ({ license }, { product }, _atMs, passed) => {
    if (product === undefined) {
      return `No product was asked for; the license is for ${license.productSlug}.`
    }
    return passed
      ? `The license is for ${product}, as asked.`
      : `The app asked for ${product}, but the license is for ${license.productSlug}.`
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
  features: ({ license, plan }, { features: wanted = [] }) => {
    const { features } = resolveEntitlements(license, plan)
    const names = Object.keys(features).filter((name) => includesFeature(features, name))
    const included = `the license includes ${listOf(names) || 'none'}`
    if (wanted.length === 0) return `No feature was asked for; ${included}.`
    const missing = wanted.filter((name) => !includesFeature(features, name))
    return missing.length === 0
      ? `All that was asked for is in: ${listOf(wanted)}.`
      : `The app asked for ${listOf(missing)}, but ${included}.`
  },
  domain: describeDomain,
  device: describeDevice,
}

function describeExpiry({ license }: Explained, _request: ValidationRequest, atMs: number): string {
  const { expiresAtMs, endsAtMs, pendingDays } = license
  if (pendingDays !== null) return `Its ${pendingDays} days begin with the first validation.`
  if (expiresAtMs === null || endsAtMs === null) return 'The license has no end.'
  const expiresAt = toTimestamp(expiresAtMs)
  if (atMs < expiresAtMs) return `The license runs until ${expiresAt}.`
  const grace = endsAtMs === expiresAtMs ? '' : ` and its grace on ${toTimestamp(endsAtMs)}`
  return atMs < endsAtMs
    ? `The license expired on ${expiresAt} and is in grace until ${toTimestamp(endsAtMs)}.`
    : `The license expired on ${expiresAt}${grace}. Renew it to let it validate.`
}

function describeDomain(
  state: Explained,
  { hostname }: ValidationRequest,
  atMs: number,
  passed: boolean,
): string {
  if (hostname === undefined) return absent('domain', passed)
  if (hostname === null) return domainInvalid.message
  const { license, plan, domain, domains: names, idleDomain: idle } = state
  const { host, root } = hostname
  const limit = resolveEntitlements(license, plan).maxDomains
  const room = { used: license.domainsUsed, limit, names }
  const admission = admitDomain(state, hostname, atMs)
  switch (admission) {
    case 'active':
      return `${describeCovered(host, domain)} (${inWords(room)}).`
    case 'development':
      return `${host} is a development domain and takes no slot.`
    case 'free':
      return `${host} takes no slot beside what is activated of ${root} (${inWords(room)}).`
    default: {
      const sentence = describeNewcomer(plan, { what: host, admission, idle, room })
      return isFreeBeside(state, hostname)
        ? `${sentence} It would be free beside ${root}, but all free places (${license.freeDomainsUsed}) are taken.`
        : sentence
    }
  }
}

function describeCovered(host: string, domain: Activation | null): string {
  if (domain?.isFree) return `${host} is on record as free, so it takes no slot`
  return domain?.value === host
    ? `${host} is activated`
    : `${host} is covered by the activation of ${domain?.value}`
}

function describeDevice(
  state: Explained,
  { fingerprint }: ValidationRequest,
  atMs: number,
  passed: boolean,
): string {
  if (fingerprint === undefined) return absent('fingerprint', passed)
  const { license, plan, idleDevice: idle } = state
  const limit = resolveEntitlements(license, plan).maxDevices
  const room = { used: license.devicesUsed, limit, names: [] }
  const admission = admitDevice(state, atMs)
  return admission === 'active'
    ? `The device is activated (${inWords(room)}).`
    : describeNewcomer(plan, { what: 'The device', admission, idle, room })
}

function absent(field: 'domain' | 'fingerprint', passed: boolean): string {
  return passed
    ? `No ${field} was given, and the plan asks for none.`
    : `No ${field} was given, but the plan requires one: the app must send it.`
}

interface Arrival {
  readonly what: string
  readonly admission: 'slot' | 'evict' | 'full'
  /** The one unseen for longest, where the plan gives its slot away. */
  readonly idle: Activation | null
  readonly room: Room
}

function describeNewcomer(plan: Plan, { what, admission, idle, room }: Arrival): string {
  const use = inWords(room)
  if (plan.activation === 'explicit') {
    return `${what} is not activated, and on this plan only /activate takes a slot (${use}).`
  }
  if (admission === 'slot') return `${what} would take a free slot (${use}).`
  const idlest = idle && `${nameOf(idle)}, last seen on ${toTimestamp(idle.lastSeenAtMs)}`
  if (admission === 'evict') return `${what} would take the slot of ${idlest} (${use}).`
  const refusal = `${what} is not activated and finds no slot (${use}).`
  const excess = room.used - (room.limit ?? 0)
  if (excess > 0) return `${refusal} Free ${excess + 1} of them, or raise the limit.`
  const advice = `${refusal} Free or move one, or raise the limit.`
  return idlest === null
    ? advice
    : `${advice} What is unseen for ${daysOf(plan)} makes room: next is ${idlest}.`
}

const nameOf = ({ value, name }: Activation) => (name === null ? value : `${value} (${name})`)

const daysOf = ({ evictIdleDays }: Plan) =>
  evictIdleDays === 1 ? 'a day' : `${evictIdleDays} days`

/** What is in use of what; the names are the oldest of those in use. */
interface Room {
  readonly used: number
  readonly limit: number | null
  readonly names: readonly string[]
}

function inWords({ used, limit, names }: Room): string {
  const figures = limit === null ? `${used} in use, no limit` : `${used} of ${limit} in use`
  return names.length === 0 ? figures : `${figures}: ${listOf(names, used)}`
}

/** The first names of so many. */
function listOf(names: readonly string[], total = names.length): string {
  const named = names.slice(0, NAMED_MAX)
  const rest = total - named.length
  return rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ')
}
