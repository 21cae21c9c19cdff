import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm'
import {
  type Activation,
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
  const byRoot = db
    .select({ id: activations.id })
    .from(activations)
    .where(
      and(
        eq(activations.licenseId, sql.placeholder('licenseId')),
        eq(activations.root, sql.placeholder('root')),
        eq(activations.isFree, false),
      ),
    )
    .limit(1)
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
    .limit(IDLE_CANDIDATES_MAX)
    .prepare()
  const deactivationTimes = db
    .select({ atMs: deactivations.atMs })
    .from(deactivations)
    .where(
      and(
        eq(deactivations.licenseId, sql.placeholder('licenseId')),
        gt(deactivations.atMs, sql.placeholder('sinceMs')),
      ),
    )
    .orderBy(asc(deactivations.atMs))
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
    return null
  }

  /** What was seen a moment ago is not in the table yet, so the first row may not be the idlest. */
  function readIdlest({ license, plan }: LicenseSnapshot, kind: Activation['kind']) {
    if (plan.evictIdleDays === null) return null
    const candidates = idlest.all({ licenseId: license.id, kind }).map(seen)
    return candidates.sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0] ?? null
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
    return {
      domain,
      isRootActivated: root !== null && byRoot.get({ licenseId, root }) !== undefined,
      device,
      idleDomain: hostname && domain === null ? readIdlest(snapshot, 'domain') : null,
      idleDevice:
        fingerprint !== undefined && device === null ? readIdlest(snapshot, 'device') : null,
      named: activationId === undefined ? null : readNamed(licenseId, activationId),
      deactivationsAtMs:
        sinceMs === undefined
          ? []
          : deactivationTimes.all({ licenseId, sinceMs }).map(({ atMs }) => atMs),
      seat: seat === undefined ? noStandings.seat : seats.readSeatStanding(licenseId, seat),
    }
  }

  function readPage(licenseId: string, { limit, after }: PageRequest): Page<Activation> {
    const rows = db
      .select()
      .from(activations)
      .where(
        and(
          eq(activations.licenseId, licenseId),
          after === null ? undefined : lt(activations.id, after),
        ),
      )
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
