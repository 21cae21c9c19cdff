import {
  type Activation,
  type ActivationQuery,
  type ActivationState,
  coveringRoot,
  coveringValues,
  DEVELOPMENT_DOMAINS_MAX,
  noActivationState,
  type Target,
} from '~/domain/activations.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { prepareActivationQueries } from './activation-queries.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import type { SeatReads } from './seats.ts'

const DOMAINS_SHOWN_MAX = 100
const NO_MAX = -1
/** Every id sorts before it. */
const AFTER_ALL_IDS = '~'

export interface ActivationReads {
  readActivationState(snapshot: LicenseSnapshot, query: ActivationQuery): ActivationState
  /** The oldest domains that hold a slot, as a license shows them. */
  readDomains(licenseId: string): readonly string[]
  readPage(licenseId: string, page: PageRequest): Page<Activation>
  readByName(licenseId: string, name: string): Activation | null
}

interface Parts {
  readonly seats: SeatReads
}

export function createActivationReads(db: Db, { seats }: Parts): ActivationReads {
  const queries = prepareActivationQueries(db)

  const readByValue = (licenseId: string, kind: Activation['kind'], value: string) =>
    queries.byValue.get({ licenseId, kind, value }) ?? null

  const readById = (licenseId: string, id: string) => queries.byId.get({ licenseId, id }) ?? null

  /** Domains of a root that hold a slot; at most `max`. */
  const readSlots = (licenseId: string, root: string, max: number) =>
    queries.byRoot.all({ licenseId, root, isFree: 0, max })

  function readCovering({ license, plan }: LicenseSnapshot, hostname: Hostname) {
    const root = coveringRoot(hostname, plan)
    return (
      readFirst(license.id, coveringValues(hostname, plan)) ??
      (root === null ? null : (readSlots(license.id, root, 1)[0] ?? null))
    )
  }

  function readFirst(licenseId: string, values: readonly string[]): Activation | null {
    for (const value of values) {
      const activation = readByValue(licenseId, 'domain', value)
      if (activation !== null) return activation
    }
    return null
  }

  function readIdleDevelopmentDomain(licenseId: string): Activation | null {
    const rows = queries.development.all({ licenseId, max: DEVELOPMENT_DOMAINS_MAX })
    if (rows.length < DEVELOPMENT_DOMAINS_MAX) return null
    return rows.sort(byLastSeen)[0] ?? null
  }

  function readIdlest({ license, plan }: LicenseSnapshot, kind: Activation['kind']) {
    if (plan.evictIdleDays === null) return null
    return queries.idlest.get({ licenseId: license.id, kind }) ?? null
  }

  /** What is free beside the only domain of its root that holds a slot. */
  function readDependents(leaving: Activation | null): readonly Activation[] {
    if (leaving === null || leaving.root === null || leaving.isFree) return []
    const { licenseId, root } = leaving
    if (readSlots(licenseId, root, 2).length > 1) return []
    return queries.byRoot.all({ licenseId, root, isFree: 1, max: NO_MAX })
  }

  function readDeactivations({ license, plan }: LicenseSnapshot, sinceMs: number) {
    const max = plan.deactivationsMaxPer30Days ?? 0
    const latest = queries.latestDeactivations.all({ licenseId: license.id, sinceMs, max })
    return latest.map(({ atMs }) => atMs).reverse()
  }

  function readActivationState(snapshot: LicenseSnapshot, query: ActivationQuery): ActivationState {
    switch (query.intent) {
      case 'none':
        return noActivationState
      case 'validate':
        return readValidationState(snapshot, query.hostname, query.fingerprint)
      case 'activate':
        return readArrivalState(snapshot, query.target)
      case 'deactivate':
        return readDeactivationState(snapshot, query.target, query.nowMs)
      case 'move':
        return {
          ...readSelectedState(snapshot, query.activationId),
          ...readOccupant(snapshot, query.target),
        }
      case 'remove':
        return readSelectedState(snapshot, query.activationId)
      case 'seat': {
        const seat = seats.readSeatState(snapshot.license.id, query.seat, query.nowMs)
        return { ...noActivationState, seat }
      }
      default:
        return query satisfies never
    }
  }

  function readValidationState(
    snapshot: LicenseSnapshot,
    hostname: Hostname | null | undefined,
    fingerprint: string | undefined,
  ): ActivationState {
    const licenseId = snapshot.license.id
    const root = hostname?.root ?? null
    const domain = hostname ? readCovering(snapshot, hostname) : null
    const device = fingerprint === undefined ? null : readByValue(licenseId, 'device', fingerprint)
    const isNewDevice = fingerprint !== undefined && device === null
    const idleDomain = hostname && domain === null ? readIdlest(snapshot, 'domain') : null
    return {
      ...noActivationState,
      domain,
      isRootActivated: root !== null && readSlots(licenseId, root, 1).length > 0,
      device,
      idleDomain,
      idleDevice: isNewDevice ? readIdlest(snapshot, 'device') : null,
      dependents: readDependents(idleDomain),
    }
  }

  function readArrivalState(snapshot: LicenseSnapshot, target: Target): ActivationState {
    if (target.kind === 'device') {
      return readValidationState(snapshot, null, target.fingerprint)
    }
    const { hostname } = target
    const state = readValidationState(snapshot, hostname, undefined)
    if (!hostname?.isDevelopment || state.domain !== null) return state
    return { ...state, idleDevelopmentDomain: readIdleDevelopmentDomain(snapshot.license.id) }
  }

  function readDeactivationState(
    snapshot: LicenseSnapshot,
    target: Target,
    nowMs: number,
  ): ActivationState {
    const { id } = snapshot.license
    const deactivationsAtMs = readDeactivations(snapshot, nowMs - DEACTIVATION_WINDOW_MS)
    if (target.kind === 'device') {
      const device = readByValue(id, 'device', target.fingerprint)
      return { ...noActivationState, device, deactivationsAtMs }
    }
    // An activation of exactly this host name is deactivated before one of its whole domain.
    const values = target.hostname && coveringValues(target.hostname, snapshot.plan).reverse()
    const domain = values && readFirst(id, values)
    return { ...noActivationState, domain, dependents: readDependents(domain), deactivationsAtMs }
  }

  function readSelectedState({ license }: LicenseSnapshot, activationId: string): ActivationState {
    const selected = readById(license.id, activationId)
    return { ...noActivationState, selected, dependents: readDependents(selected) }
  }

  /** The activation that holds the place which another is moved to. */
  function readOccupant(
    snapshot: LicenseSnapshot,
    target: Target,
  ): Partial<Pick<ActivationState, 'domain' | 'device'>> {
    if (target.kind === 'device') {
      return { device: readByValue(snapshot.license.id, 'device', target.fingerprint) }
    }
    return { domain: target.hostname && readCovering(snapshot, target.hostname) }
  }

  return {
    readActivationState,
    readDomains: (licenseId) =>
      queries.oldestDomains.all({ licenseId, max: DOMAINS_SHOWN_MAX }).map(({ value }) => value),
    readPage: (licenseId, { limit, after }) => {
      const max = limit + 1
      const rows = queries.newest.all({ licenseId, after: after ?? AFTER_ALL_IDS, max })
      const data = rows.slice(0, limit)
      return { data, nextAfter: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
    },
    readByName: (licenseId, name) =>
      readById(licenseId, name) ??
      readByValue(licenseId, 'device', name) ??
      readByValue(licenseId, 'domain', name),
  }
}

function byLastSeen(one: Activation, other: Activation): number {
  return one.lastSeenAtMs - other.lastSeenAtMs
}

type ActivationMethods = Pick<
  FlatStore,
  'listActivations' | 'findActivation' | 'recordActivationsSeen'
>

export function activationMethods({ activations: reads, lastSeen }: Engine): ActivationMethods {
  return {
    recordActivationsSeen: lastSeen.recordActivations,
    listActivations: async (licenseId, page) => {
      // Shows what was recorded before. If that cannot be written, the rest can be read.
      await lastSeen.flush().catch(() => undefined)
      return reads.readPage(licenseId, page)
    },
    findActivation: async (licenseId, names) => {
      for (const name of names) {
        const activation = reads.readByName(licenseId, name)
        if (activation !== null) return activation
      }
      return null
    },
  }
}
