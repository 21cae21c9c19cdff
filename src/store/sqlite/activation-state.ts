import {
  type Activation,
  type ActivationQuery,
  type ActivationState,
  DEVELOPMENT_DOMAINS_MAX,
  getCoveringRoot,
  getCoveringValues,
  noActivationState,
  type Target,
} from '~/domain/activations.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { readById, readByValue } from './activations.ts'
import type { Engine } from './engine.ts'
import { readSeatState } from './seats.ts'

const DOMAINS_SHOWN_MAX = 100
const NO_MAX = -1

/** Reads what the rules for this intent need, and nothing else. */
export function readActivationState(
  engine: Engine,
  snapshot: LicenseSnapshot,
  query: ActivationQuery,
): ActivationState {
  switch (query.intent) {
    case 'none':
      return noActivationState
    case 'validate':
      return readArrivalState(engine, snapshot, query.hostname, query.fingerprint)
    case 'activate':
      return readActivateState(engine, snapshot, query.target)
    case 'deactivate':
      return readDeactivateState(engine, snapshot, query.target, query.nowMs)
    case 'move': {
      const state = readRemoveState(engine, snapshot, query.activationId)
      return { ...state, ...readOccupant(engine, snapshot, query.target) }
    }
    case 'remove':
      return readRemoveState(engine, snapshot, query.activationId)
    case 'seat': {
      const seat = readSeatState(engine, snapshot.license.id, query.seat, query.nowMs)
      return { ...noActivationState, seat }
    }
    default:
      return query satisfies never
  }
}

/** Reads what is activated for a host and a device, and what they would replace otherwise. */
function readArrivalState(
  engine: Engine,
  snapshot: LicenseSnapshot,
  hostname: Hostname | null | undefined,
  fingerprint: string | undefined,
): ActivationState {
  const licenseId = snapshot.license.id
  const isWithDevice = fingerprint !== undefined
  const root = hostname?.root ?? null
  const domain = hostname ? readCovering(engine, snapshot, hostname) : null
  const device = isWithDevice ? readByValue(engine, licenseId, 'device', fingerprint) : null
  const idleDomain =
    hostname && domain === null ? readLongestIdle(engine, snapshot, 'domain') : null
  return {
    ...noActivationState,
    domain,
    isRootActivated: root !== null && readSlots(engine, licenseId, root, 1).length > 0,
    device,
    idleDomain,
    idleDevice:
      isWithDevice && device === null ? readLongestIdle(engine, snapshot, 'device') : null,
    dependents: readDependents(engine, idleDomain),
  }
}

function readActivateState(engine: Engine, snapshot: LicenseSnapshot, target: Target) {
  if (target.kind === 'device') {
    return readArrivalState(engine, snapshot, null, target.fingerprint)
  }
  const state = readArrivalState(engine, snapshot, target.hostname, undefined)
  if (!target.hostname?.isDevelopment || state.domain !== null) return state
  const { id } = snapshot.license
  return { ...state, idleDevelopmentDomain: readIdleDevelopmentDomain(engine, id) }
}

function readDeactivateState(
  engine: Engine,
  snapshot: LicenseSnapshot,
  target: Target,
  nowMs: number,
): ActivationState {
  const { id } = snapshot.license
  const sinceMs = nowMs - DEACTIVATION_WINDOW_MS
  const deactivationsAtMs = readDeactivations(engine, snapshot, sinceMs)
  if (target.kind === 'device') {
    const device = readByValue(engine, id, 'device', target.fingerprint)
    return { ...noActivationState, device, deactivationsAtMs }
  }
  // An activation of exactly this host is deactivated before one of its whole domain.
  const values = target.hostname && getCoveringValues(target.hostname, snapshot.plan).reverse()
  const domain = values && readFirst(engine, id, values)
  const dependents = readDependents(engine, domain)
  return { ...noActivationState, domain, dependents, deactivationsAtMs }
}

function readRemoveState(engine: Engine, { license }: LicenseSnapshot, activationId: string) {
  const selected = readById(engine, license.id, activationId)
  return { ...noActivationState, selected, dependents: readDependents(engine, selected) }
}

/** Reads the activation that already has the value of the target. */
function readOccupant(engine: Engine, snapshot: LicenseSnapshot, target: Target) {
  return target.kind === 'device'
    ? { device: readByValue(engine, snapshot.license.id, 'device', target.fingerprint) }
    : { domain: target.hostname && readCovering(engine, snapshot, target.hostname) }
}

function readCovering(engine: Engine, { license, plan }: LicenseSnapshot, hostname: Hostname) {
  const root = getCoveringRoot(hostname, plan)
  return (
    readFirst(engine, license.id, getCoveringValues(hostname, plan)) ??
    (root === null ? null : (readSlots(engine, license.id, root, 1)[0] ?? null))
  )
}

function readFirst(engine: Engine, licenseId: string, values: readonly string[]) {
  for (const value of values) {
    const activation = readByValue(engine, licenseId, 'domain', value)
    if (activation !== null) return activation
  }
  return null
}

/** Reads up to `max` domains with this registrable domain that hold a slot. */
function readSlots({ statements }: Engine, licenseId: string, root: string, max: number) {
  return statements.activations.byRoot.all({ licenseId, root, isFree: 0, max })
}

function readLongestIdle(
  engine: Engine,
  { license, plan }: LicenseSnapshot,
  kind: Activation['kind'],
) {
  if (plan.evictIdleDays === null) return null
  const { longestIdle } = engine.statements.activations
  return skipJustSeen(engine, () => longestIdle.get({ licenseId: license.id, kind }))
}

/** Reads the development domain idle the longest, if a license has as many as it may. */
function readIdleDevelopmentDomain(engine: Engine, licenseId: string): Activation | null {
  const { development } = engine.statements.activations
  return skipJustSeen(engine, () => {
    const rows = development.all({ licenseId, max: DEVELOPMENT_DOMAINS_MAX })
    if (rows.length < DEVELOPMENT_DOMAINS_MAX) return undefined
    return rows.sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0]
  })
}

/** Reads again while the result is an activation that was just seen: it must not lose its slot. */
function skipJustSeen({ lastSeen }: Engine, read: () => Activation | undefined): Activation | null {
  let idle = read()
  while (idle !== undefined && lastSeen.writeIfPending(idle)) idle = read()
  return idle ?? null
}

/** Reads the free domains beside the only domain of its root that holds a slot. */
function readDependents(engine: Engine, leaving: Activation | null): readonly Activation[] {
  if (leaving === null || leaving.root === null || leaving.isFree) return []
  const { licenseId, root } = leaving
  if (readSlots(engine, licenseId, root, 2).length > 1) return []
  return engine.statements.activations.byRoot.all({ licenseId, root, isFree: 1, max: NO_MAX })
}

function readDeactivations(
  { statements }: Engine,
  { license, plan }: LicenseSnapshot,
  sinceMs: number,
): readonly number[] {
  const max = plan.deactivationsMaxPer30Days ?? 0
  const latest = statements.activations.latestDeactivations
  const rows = latest.all({ licenseId: license.id, sinceMs, max })
  return rows.map(({ atMs }) => atMs).reverse()
}

/** Reads the oldest domains that hold a slot, as a license shows them. */
export function readDomains({ statements }: Engine, licenseId: string): readonly string[] {
  const rows = statements.activations.oldestDomains.all({ licenseId, max: DOMAINS_SHOWN_MAX })
  return rows.map(({ value }) => value)
}
