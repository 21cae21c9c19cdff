import { and, asc, count, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import {
  type Activation,
  coveringRoot,
  coveringValues,
  noStandings,
  type Probe,
  type Standings,
} from '~/domain/activations.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Page, PageRequest, Store } from '../port.ts'
import type { Recorder } from '../recorder.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { activations, deactivations } from './schema.ts'
import type { SeatReads } from './seats.ts'

/** More than can be seen between two flushes of the recorder, for most licenses by far. */
const IDLE_CANDIDATES_MAX = 100
const DOMAINS_SHOWN_MAX = 100

export interface ActivationReads {
  readStandings(snapshot: LicenseSnapshot, probe: Probe): Standings
  /** The oldest domains that hold a slot, as a license shows them. */
  readDomains(licenseId: string): readonly string[]
  readPage(licenseId: string, page: PageRequest): Page<Activation>
  readByName(licenseId: string, name: string): Activation | null
}

interface Parts {
  readonly recorder: Pick<Recorder, 'seenAtMs'>
  readonly seats: SeatReads
}

export function createActivationReads(db: Db, { recorder, seats }: Parts): ActivationReads {
  const byValue = db
    .select()
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        eq(activations.kind, sql.placeholder('kind')),
        eq(activations.value, sql.placeholder('value')),
      ),
    )
    .prepare()
  /** Those that hold a slot, or those that are free; found in the order of their coming. */
  const byRoot = db
    .select()
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        eq(activations.root, sql.placeholder('root')),
        eq(activations.isFree, sql.placeholder('isFree')),
      ),
    )
    .limit(sql.placeholder('max'))
    .prepare()
  const development = db
    .select({ total: count() })
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        isNull(activations.root),
        eq(activations.isFree, true),
      ),
    )
    .prepare()
  const oldestDomains = db
    .select({ value: activations.value })
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        eq(activations.kind, 'domain'),
        eq(activations.isFree, false),
      ),
    )
    .orderBy(asc(activations.id))
    .limit(DOMAINS_SHOWN_MAX)
    .prepare()

  const idlest = db
    .select()
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        eq(activations.kind, sql.placeholder('kind')),
        eq(activations.isFree, false),
      ),
    )
    .orderBy(asc(activations.lastSeenAtMs))
    .limit(sql.placeholder('max'))
    .prepare()
  const latestDeactivations = db
    .select({ atMs: deactivations.atMs })
    .from(deactivations)
    .where(
      and(
        eq(deactivations.licenseId, sql.placeholder('licenseId')),
        gt(deactivations.atMs, sql.placeholder('sinceMs')),
      ),
    )
    .orderBy(desc(deactivations.atMs))
    .limit(sql.placeholder('max'))
    .prepare()

  function seen(activation: Activation): Activation {
    const seenAtMs = recorder.seenAtMs(activation.id) ?? 0
    return seenAtMs > activation.lastSeenAtMs
      ? { ...activation, lastSeenAtMs: seenAtMs }
      : activation
  }

  function readByValue(licenseId: string, kind: Activation['kind'], value: string) {
    const row = byValue.get({ licenseId, kind, value })
    return row === undefined ? null : seen(row)
  }

  function readCovering({ license, plan }: LicenseSnapshot, hostname: Hostname) {
    for (const value of coveringValues(hostname, plan)) {
      const activation = readByValue(license.id, 'domain', value)
      if (activation !== null) return activation
    }
    const root = coveringRoot(hostname, plan)
    const sibling = root === null ? undefined : readSlots(license.id, root, 1)[0]
    return sibling === undefined ? null : seen(sibling)
  }

  /** Domains of a root that hold a slot; at most `max`. */
  const readSlots = (licenseId: string, root: string, max: number) =>
    byRoot.all({ licenseId, root, isFree: 0, max })

  /** What was seen a moment ago is not in the table yet, so the first row may not be the idlest. */
  function readIdlest({ license, plan }: LicenseSnapshot, kind: Activation['kind']) {
    if (plan.evictIdleDays === null) return null
    const [first] = idlest.all({ licenseId: license.id, kind, max: 1 })
    if (first === undefined || recorder.seenAtMs(first.id) === undefined) return first ?? null
    const candidates = idlest.all({ licenseId: license.id, kind, max: IDLE_CANDIDATES_MAX })
    const bySight = candidates.map(seen).sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)
    return bySight[0] ?? null
  }

  /** What is free beside the only domain of its root that holds a slot. */
  function readDependants(leaving: Activation | null): readonly Activation[] {
    if (leaving === null || leaving.root === null || leaving.isFree) return []
    const { licenseId, root } = leaving
    if (readSlots(licenseId, root, 2).length > 1) return []
    return byRoot.all({ licenseId, root, isFree: 1, max: -1 })
  }

  function readDeactivations({ license, plan }: LicenseSnapshot, sinceMs: number) {
    const max = plan.deactivationsMaxPer30Days ?? 0
    const latest = latestDeactivations.all({ licenseId: license.id, sinceMs, max })
    return latest.map(({ atMs }) => atMs).reverse()
  }

  function readNamed(licenseId: string, id: string): Activation | null {
    const isNamed = and(eq(activations.id, id), eq(activations.licenseId, licenseId))
    const row = db.select().from(activations).where(isNamed).get()
    return row === undefined ? null : seen(row)
  }

  function readStandings(snapshot: LicenseSnapshot, probe: Probe): Standings {
    const { hostname, fingerprint, activationId, seat, deactivationsSinceMs: sinceMs } = probe
    const licenseId = snapshot.license.id
    const root = hostname?.root ?? null
    const domain = hostname ? readCovering(snapshot, hostname) : null
    const device = fingerprint === undefined ? null : readByValue(licenseId, 'device', fingerprint)
    const idleDomain = hostname && domain === null ? readIdlest(snapshot, 'domain') : null
    const named = activationId === undefined ? null : readNamed(licenseId, activationId)
    const isLeaving = sinceMs !== undefined
    return {
      domain,
      isRootActivated: root !== null && readSlots(licenseId, root, 1).length > 0,
      device,
      idleDomain,
      idleDevice:
        fingerprint !== undefined && device === null ? readIdlest(snapshot, 'device') : null,
      named,
      dependants: readDependants(named ?? (isLeaving ? domain : idleDomain)),
      developmentDomains:
        probe.isArriving === undefined ? 0 : (development.get({ licenseId })?.total ?? 0),
      deactivationsAtMs: isLeaving ? readDeactivations(snapshot, sinceMs) : [],
      seat: seat === undefined ? noStandings.seat : seats.readSeatStanding(licenseId, seat),
    }
  }

  /** One branch for each place that its index keeps in order, merged as far as the page goes. */
  function readPage(licenseId: string, { limit, after }: PageRequest): Page<Activation> {
    const branch = (kind: Activation['kind'], isFree: boolean) =>
      db
        .select()
        .from(activations)
        .where(
          and(
            eq(activations.licenseId, licenseId),
            eq(activations.kind, kind),
            eq(activations.isFree, isFree),
            after === null ? undefined : lt(activations.id, after),
          ),
        )
    const rows = unionAll(branch('device', false), branch('domain', false), branch('domain', true))
      .orderBy(desc(activations.id))
      .limit(limit + 1)
      .all()
    const data = rows.slice(0, limit).map(seen)
    return { data, nextAfter: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
  }

  return {
    readStandings,
    readDomains: (licenseId) => oldestDomains.all({ licenseId }).map(({ value }) => value),
    readPage,
    readByName: (licenseId, name) =>
      readNamed(licenseId, name) ??
      readByValue(licenseId, 'device', name) ??
      readByValue(licenseId, 'domain', name),
  }
}

export function activationMethods({
  activations: reads,
}: Engine): Pick<Store, 'listActivations' | 'findActivation'> {
  return {
    listActivations: async (licenseId, page) => reads.readPage(licenseId, page),
    findActivation: async (licenseId, names) => {
      for (const name of names) {
        const activation = reads.readByName(licenseId, name)
        if (activation !== null) return activation
      }
      return null
    },
  }
}
