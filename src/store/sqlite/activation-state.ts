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
import { readById, readByValue } from './activations.ts'
import { readUsageUntil } from './edges.ts'
import type { Reading } from './engine.ts'
import { readSeatState } from './seats.ts'

const DOMAINS_SHOWN_MAX = 100
/** Domains of a license that may give up their slots at once. */
const SLOTS_MAX = 100
const NO_MAX = -1

/** A license to read from, with its plan. */
interface Source extends TermsSnapshot {
  readonly engine: Reading
}

type Parts = Partial<ActivationState>

/** Reads what the rules for this intent need, and nothing else. */
export function readActivationState(
  engine: Reading,
  { license, plan }: TermsSnapshot,
  query: ActivationQuery,
): ActivationState {
  return { ...noActivationState, ...readParts({ engine, license, plan }, query) }
}

function readParts(source: Source, query: ActivationQuery): Parts {
  switch (query.intent) {
    case 'none':
      return {}
    case 'validate':
      return readArrivals(source, query.hostname, query.fingerprint)
    case 'activate':
      return readActivate(source, query.target)
    case 'deactivate':
      return readDeactivate(source, query.target, query.nowMs)
    case 'move':
      return { ...readSelected(source, query.activationId), ...readOccupant(source, query.target) }
    case 'remove':
      return readSelected(source, query.activationId)
    case 'return':
      return {
        ...readSelected(source, query.activationId),
        deactivationsAtMs: readDeactivations(source, query.nowMs - DEACTIVATION_WINDOW_MS),
      }
    case 'seat':
      return { seat: readSeatState(source.engine, source.license.id, query.seat, query.nowMs) }
    default:
      return query satisfies never
  }
}

/** Reads what is activated for a host and a device, and what they would replace otherwise. */
function readArrivals(
  source: Source,
  hostname: Hostname | null | undefined,
  fingerprint: string | undefined,
): Parts {
  return {
    ...(hostname ? readHostArrival(source, hostname) : {}),
    ...(fingerprint === undefined ? {} : readDeviceArrival(source, fingerprint)),
  }
}

function readHostArrival(source: Source, hostname: Hostname): Parts {
  const { root } = hostname
  const domain = readCovering(source, hostname)
  const idleDomain = domain === null ? readLongestIdle(source, 'domain') : null
  const dependents = readDependents(source, idleDomain)
  return {
    domain,
    slots: domain === null ? readSlotHolders(source, root) : [],
    idleDomain: dependents.some((free) => hasFile(source, free)) ? null : idleDomain,
    dependents,
  }
}

function readDeviceArrival(source: Source, fingerprint: string): Parts {
  const device = readDevice(source, fingerprint)
  return { device, idleDevice: device === null ? readLongestIdle(source, 'device') : null }
}

function readActivate(source: Source, target: Target): Parts {
  if (target.kind === 'device') return readDeviceArrival(source, target.fingerprint)
  if (target.hostname === null) return {}
  const state = readHostArrival(source, target.hostname)
  return target.hostname.isDevelopment && state.domain === null
    ? { ...state, idleDevelopmentDomain: readIdleDevelopmentDomain(source) }
    : state
}

function readDeactivate(source: Source, target: Target, nowMs: number): Parts {
  const deactivationsAtMs = readDeactivations(source, nowMs - DEACTIVATION_WINDOW_MS)
  if (target.kind === 'device') {
    return { device: readDevice(source, target.fingerprint), deactivationsAtMs }
  }
  // An activation of exactly this host is deactivated before one of its whole domain.
  const values = target.hostname && getCoveringValues(target.hostname, source.plan).reverse()
  const domain = values && readFirst(source, values)
  return { domain, dependents: readDependents(source, domain), deactivationsAtMs }
}

function readSelected(source: Source, activationId: string): Parts {
  const selected = readById(source.engine, source.license.id, activationId)
  return { selected, dependents: readDependents(source, selected) }
}

/** Reads the activation that already has the value of the target. */
function readOccupant(source: Source, target: Target): Parts {
  return target.kind === 'device'
    ? { device: readDevice(source, target.fingerprint) }
    : {
        domain: target.hostname && readCovering(source, target.hostname),
        slots: target.hostname ? readSlotHolders(source, target.hostname.root) : [],
      }
}

function readDevice({ engine, license }: Source, fingerprint: string): Activation | null {
  return readByValue(engine, license.id, 'device', fingerprint)
}

function readCovering(source: Source, hostname: Hostname): Activation | null {
  const root = getCoveringRoot(hostname, source.plan)
  return (
    readFirst(source, getCoveringValues(hostname, source.plan)) ??
    (root === null ? null : (readSlots(source, root, 1)[0] ?? null))
  )
}

function readFirst({ engine, license }: Source, values: readonly string[]): Activation | null {
  for (const value of values) {
    const activation = readByValue(engine, license.id, 'domain', value)
    if (activation !== null) return activation
  }
  return null
}

/** Reads up to `max` domains with this registrable domain that hold a slot. */
function readSlots({ engine, license }: Source, root: string, max: number) {
  const { byRoot } = engine.statements.activations
  return byRoot.all({ licenseId: license.id, root, isFree: 0, max })
}

/** Reads domains that may give up their slots, or beside which a host may be free. */
function readSlotHolders(source: Source, root: string | null): readonly Activation[] {
  const { engine, license, plan } = source
  if (plan.freeDomainPatterns.length === 0) return []
  const { oldestSlots } = engine.statements.activations
  const beside = root === null ? [] : readSlots(source, root, SLOTS_MAX)
  const oldest = oldestSlots.all({ licenseId: license.id, max: SLOTS_MAX })
  return [...beside, ...oldest.filter((slot) => slot.root === null || slot.root !== root)]
}

function readLongestIdle({ engine, license, plan }: Source, kind: Activation['kind']) {
  if (plan.evictIdleDays === null) return null
  const { longestIdle } = engine.statements.activations
  const idle = skipJustSeen(engine, () => longestIdle(license.id, kind) ?? undefined)
  // A jump of the clock must not cost an activation its slot.
  const idleSinceMs = (idle === null ? 0 : getLastUseMs(idle)) + plan.evictIdleDays * DAY_MS
  if (idleSinceMs > engine.clock.nowMs()) return idle
  return idleSinceMs > readCertainMs(engine) ? null : idle
}

/** Returns the time up to which it is certain what was used: an edge may not have reported it yet. */
function readCertainMs(engine: Reading): number {
  return Math.min(engine.clock.trustedMs(), readUsageUntil(engine) ?? Number.POSITIVE_INFINITY)
}

const hasFile = ({ engine }: Pick<Source, 'engine'>, { filesUntilMs }: Activation) =>
  filesUntilMs > engine.clock.nowMs()

/** Reads the development domain idle the longest, if a license has as many as it may. */
function readIdleDevelopmentDomain({ engine, license }: Source): Activation | null {
  const { development } = engine.statements.activations
  return skipJustSeen(engine, () => {
    const rows = development.all({ licenseId: license.id, max: DEVELOPMENT_DOMAINS_MAX })
    if (rows.length < DEVELOPMENT_DOMAINS_MAX) return undefined
    return rows
      .filter((row) => !hasFile({ engine }, row))
      .sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0]
  })
}

/** Reads again while the result is an activation that was just seen: it must not lose its slot. */
function skipJustSeen(
  { lastSeen }: Reading,
  read: () => Activation | undefined,
): Activation | null {
  let idle = read()
  while (idle !== undefined && lastSeen.writeIfPending(idle)) idle = read()
  return idle ?? null
}

/** Reads the free domains beside the only domain of its root that holds a slot. */
function readDependents(source: Source, leaving: Activation | null): readonly Activation[] {
  if (leaving === null || leaving.root === null || leaving.isFree) return []
  const { licenseId, root } = leaving
  if (readSlots(source, root, 2).length > 1) return []
  const { byRoot } = source.engine.statements.activations
  return byRoot.all({ licenseId, root, isFree: 1, max: NO_MAX })
}

function readDeactivations({ engine, license, plan }: Source, sinceMs: number): readonly number[] {
  const max = plan.deactivationsMaxPer30Days ?? 0
  const { latestDeactivations } = engine.statements.activations
  const rows = latestDeactivations.all({ licenseId: license.id, sinceMs, max })
  return rows.map(({ atMs }) => atMs).reverse()
}

/** Reads the oldest domains that hold a slot, as a license shows them. */
export function readDomains({ statements }: Reading, licenseId: string): readonly string[] {
  const rows = statements.activations.oldestDomains.all({ licenseId, max: DOMAINS_SHOWN_MAX })
  return rows.map(({ value }) => value)
}
