import type { Activation, ActivationQuery, ActivationState, Target } from '~/domain/activations.ts'
import {
  DEVELOPMENT_DOMAINS_MAX,
  getCoveringRoot,
  getCoveringValues,
  getLastUseMs,
  noActivationState,
} from '~/domain/activations.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import { formatArray } from '~/platform/postgres.ts'
import { readById, readByValue, selectActivations } from './activations.ts'
import { readUsageUntil } from './edges.ts'
import type { Reading } from './engine.ts'
import { writeIfPending } from './last-seen.ts'
import { selectRows } from './rows.ts'
import { deactivations } from './schema.ts'
import { readSeatState } from './seats.ts'

/** Domains of a license that may give up their slots at once. */
const SLOTS_MAX = 100

/** A license to read from, with its plan. */
interface Source extends TermsSnapshot {
  readonly reading: Reading
}

type Parts = Partial<ActivationState>

/** Reads what the rules for this intent need, and nothing else. */
export async function readActivationState(
  reading: Reading,
  { license, plan }: TermsSnapshot,
  query: ActivationQuery,
): Promise<ActivationState> {
  return { ...noActivationState, ...(await readParts({ reading, license, plan }, query)) }
}

async function readParts(source: Source, query: ActivationQuery): Promise<Parts> {
  switch (query.intent) {
    case 'none':
      return {}
    case 'validate':
      return readArrivals(source, query.hostname, query.fingerprint)
    case 'activate':
      return readActivate(source, query.target)
    case 'deactivate':
      return readDeactivate(source, query.target, query.nowMs)
    case 'move': {
      const selected = await readSelected(source, query.activationId)
      return { ...selected, ...(await readOccupant(source, query.target)) }
    }
    case 'remove':
      return readSelected(source, query.activationId)
    case 'return': {
      const selected = await readSelected(source, query.activationId)
      const sinceMs = query.nowMs - DEACTIVATION_WINDOW_MS
      return { ...selected, deactivationsAtMs: await readDeactivations(source, sinceMs) }
    }
    case 'seat':
      return {
        seat: await readSeatState(source.reading, source.license.id, query.seat, query.nowMs),
      }
    default:
      return query satisfies never
  }
}

/** Reads what is activated for a host and a device, and what they would replace otherwise. */
async function readArrivals(
  source: Source,
  hostname: Hostname | null | undefined,
  fingerprint: string | undefined,
): Promise<Parts> {
  const host = hostname ? await readHostArrival(source, hostname) : {}
  const device = fingerprint === undefined ? {} : await readDeviceArrival(source, fingerprint)
  return { ...host, ...device }
}

async function readHostArrival(source: Source, hostname: Hostname): Promise<Parts> {
  const domain = await readCovering(source, hostname)
  if (domain !== null) return { domain }
  const idleDomain = await readLongestIdle(source, 'domain')
  const dependents = await readDependents(source, idleDomain)
  return {
    domain,
    slots: await readSlotHolders(source, hostname.root),
    idleDomain: dependents.some((free) => hasFile(source, free)) ? null : idleDomain,
    dependents,
  }
}

async function readDeviceArrival(source: Source, fingerprint: string): Promise<Parts> {
  const device = await readDevice(source, fingerprint)
  return { device, idleDevice: device === null ? await readLongestIdle(source, 'device') : null }
}

async function readActivate(source: Source, target: Target): Promise<Parts> {
  if (target.kind === 'device') return readDeviceArrival(source, target.fingerprint)
  if (target.hostname === null) return {}
  const state = await readHostArrival(source, target.hostname)
  return target.hostname.isDevelopment && state.domain === null
    ? { ...state, idleDevelopmentDomain: await readIdleDevelopmentDomain(source) }
    : state
}

async function readDeactivate(source: Source, target: Target, nowMs: number): Promise<Parts> {
  const deactivationsAtMs = await readDeactivations(source, nowMs - DEACTIVATION_WINDOW_MS)
  if (target.kind === 'device') {
    return { device: await readDevice(source, target.fingerprint), deactivationsAtMs }
  }
  // An activation of exactly this host is deactivated before one of its whole domain.
  const values = target.hostname && getCoveringValues(target.hostname, source.plan).reverse()
  const domain = values && (await readFirst(source, values))
  return { domain, dependents: await readDependents(source, domain), deactivationsAtMs }
}

async function readSelected(source: Source, activationId: string): Promise<Parts> {
  const selected = await readById(source.reading, source.license.id, activationId)
  return { selected, dependents: await readDependents(source, selected) }
}

/** Reads the activation that already has the value of the target. */
async function readOccupant(source: Source, target: Target): Promise<Parts> {
  if (target.kind === 'device') return { device: await readDevice(source, target.fingerprint) }
  const { hostname } = target
  if (hostname === null) return { domain: null, slots: [] }
  return {
    domain: await readCovering(source, hostname),
    slots: await readSlotHolders(source, hostname.root),
  }
}

function readDevice({ reading, license }: Source, fingerprint: string): Promise<Activation | null> {
  return readByValue(reading, license.id, 'device', fingerprint)
}

async function readCovering(source: Source, hostname: Hostname): Promise<Activation | null> {
  const root = getCoveringRoot(hostname, source.plan)
  const first = await readFirst(source, getCoveringValues(hostname, source.plan))
  if (first !== null || root === null) return first
  const [slot] = await readSlots(source, root, 1)
  return slot ?? null
}

/** Reads the domain with the first of these values that is activated. */
async function readFirst(
  { reading, license }: Source,
  values: readonly string[],
): Promise<Activation | null> {
  const found = await selectActivations(
    reading,
    "license_id = $1 AND kind = 'domain' AND value = ANY($2::text::text[])",
    [license.id, formatArray(values)],
  )
  const byValue = new Map(found.map((activation) => [activation.value, activation]))
  for (const value of values) {
    const activation = byValue.get(value)
    if (activation !== undefined) return activation
  }
  return null
}

/** Reads up to `max` domains with this registrable domain that hold a slot. */
function readSlots({ reading, license }: Source, root: string, max: number) {
  return selectActivations(
    reading,
    'license_id = $1 AND root = $2 AND NOT is_free ORDER BY id LIMIT $3',
    [license.id, root, max],
  )
}

/** Reads domains that may give up their slots, or beside which a host may be free. */
async function readSlotHolders(
  source: Source,
  root: string | null,
): Promise<readonly Activation[]> {
  const { reading, license, plan } = source
  if (plan.freeDomainPatterns.length === 0) return []
  const beside = root === null ? [] : await readSlots(source, root, SLOTS_MAX)
  const oldest = await selectActivations(
    reading,
    "license_id = $1 AND kind = 'domain' AND NOT is_free ORDER BY id LIMIT $2",
    [license.id, SLOTS_MAX],
  )
  return [...beside, ...oldest.filter((slot) => slot.root === null || slot.root !== root)]
}

async function readLongestIdle(
  { reading, license, plan }: Source,
  kind: Activation['kind'],
): Promise<Activation | null> {
  if (plan.evictIdleDays === null) return null
  const idle = await skipJustSeen(reading, async () => {
    const [longest] = await selectActivations(
      reading,
      `license_id = $1 AND kind = $2 AND NOT is_free
       ORDER BY greatest(last_seen_at_ms, files_until_ms) LIMIT 1`,
      [license.id, kind],
    )
    return longest
  })
  // A jump of the clock must not cost an activation its slot.
  const idleSinceMs = (idle === null ? 0 : getLastUseMs(idle)) + plan.evictIdleDays * DAY_MS
  if (idleSinceMs > reading.clock.nowMs()) return idle
  return idleSinceMs > (await readCertainMs(reading)) ? null : idle
}

/** Returns the time up to which it is certain what was used: an edge may not have reported it yet. */
async function readCertainMs(reading: Reading): Promise<number> {
  const usageUntilMs = await readUsageUntil(reading)
  return Math.min(reading.clock.trustedMs(), usageUntilMs ?? Number.POSITIVE_INFINITY)
}

const hasFile = ({ reading }: Pick<Source, 'reading'>, { filesUntilMs }: Activation) =>
  filesUntilMs > reading.clock.nowMs()

/** Reads the development domain idle the longest, if a license has as many as it may. */
function readIdleDevelopmentDomain({ reading, license }: Source): Promise<Activation | null> {
  return skipJustSeen(reading, async () => {
    const rows = await selectActivations(
      reading,
      'license_id = $1 AND root IS NULL AND is_free ORDER BY id LIMIT $2',
      [license.id, DEVELOPMENT_DOMAINS_MAX],
    )
    if (rows.length < DEVELOPMENT_DOMAINS_MAX) return undefined
    return rows
      .filter((row) => !hasFile({ reading }, row))
      .sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0]
  })
}

/** Reads again while the result is an activation that was just seen: it must not lose its slot. */
async function skipJustSeen(
  reading: Reading,
  read: () => Promise<Activation | undefined>,
): Promise<Activation | null> {
  let idle = await read()
  while (idle !== undefined && (await writeIfPending(reading, idle))) idle = await read()
  return idle ?? null
}

/** Reads the free domains beside the only domain of its root that holds a slot. */
async function readDependents(
  source: Source,
  leaving: Activation | null,
): Promise<readonly Activation[]> {
  if (leaving === null || leaving.root === null || leaving.isFree) return []
  const { licenseId, root } = leaving
  const slots = await readSlots(source, root, 2)
  if (slots.length > 1) return []
  return selectActivations(
    source.reading,
    'license_id = $1 AND root = $2 AND is_free ORDER BY id',
    [licenseId, root],
  )
}

async function readDeactivations(
  { reading, license, plan }: Source,
  sinceMs: number,
): Promise<readonly number[]> {
  const rows = await selectRows(
    reading,
    deactivations,
    ['atMs'],
    'WHERE license_id = $1 AND at_ms > $2 ORDER BY at_ms DESC LIMIT $3',
    [license.id, sinceMs, plan.deactivationsMaxPer30Days ?? 0],
  )
  return rows.map(({ atMs }) => atMs).reverse()
}
