import { and, asc, eq, sql } from 'drizzle-orm'
import {
  type Activation,
  coveringValues,
  type Probe,
  type Standings,
} from '~/domain/activations.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Db } from './connection.ts'
import { activations } from './schema.ts'

const DOMAINS_SHOWN_MAX = 100

export interface ActivationReads {
  readStandings(snapshot: LicenseSnapshot, probe: Probe): Standings
  /** The oldest domains that hold a slot, as a license shows them. */
  readDomains(licenseId: string): readonly string[]
}

export function createActivationReads(db: Db): ActivationReads {
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

  function readStandings({ license, plan }: LicenseSnapshot, probe: Probe): Standings {
    const { hostname, fingerprint } = probe
    const licenseId = license.id
    let domain: Activation | null = null
    for (const value of hostname ? coveringValues(hostname, plan) : []) {
      domain ??= byValue.get({ licenseId, kind: 'domain', value }) ?? null
    }
    const root = hostname?.root ?? null
    const isRootActivated = root !== null && byRoot.get({ licenseId, root }) !== undefined
    const device =
      fingerprint === undefined
        ? null
        : (byValue.get({ licenseId, kind: 'device', value: fingerprint }) ?? null)
    return { domain, isRootActivated, device }
  }

  return {
    readStandings,
    readDomains: (licenseId) => oldestDomains.all({ licenseId }).map(({ value }) => value),
  }
}
