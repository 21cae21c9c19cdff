import { and, gt, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import type { Validations } from '../port.ts'
import { readActivationState, readDomains } from './activation-state.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { readPlan } from './plans.ts'
import { formerKeys, licenses } from './schema.ts'

export function prepareLicenses(db: Db) {
  const select = () => db.select().from(licenses)
  const stillWorks = gt(formerKeys.validUntilMs, sql.placeholder('nowMs'))
  return {
    byId: select().where(equals(licenses.id, 'id')).prepare(),
    byKey: select().where(equals(licenses.keyHash, 'keyHash')).prepare(),
    byFormerKey: db
      .select({ id: formerKeys.licenseId })
      .from(formerKeys)
      .where(and(equals(formerKeys.keyHash, 'keyHash'), stillWorks))
      .prepare(),
  }
}

export function createValidations({ committed }: Engine): Validations {
  return {
    findLicense: async (keyHash, nowMs) => readByKey(committed, keyHash, nowMs),
    findActivationState: async (snapshot, query) => readActivationState(committed, snapshot, query),
  }
}

export function readSnapshot(engine: Reading, id: string): LicenseSnapshot | null {
  return toSnapshot(engine, engine.statements.licenses.byId.get({ id }))
}

function readByKey(engine: Reading, keyHash: string, nowMs: number): LicenseSnapshot | null {
  const { byKey, byFormerKey } = engine.statements.licenses
  const current = toSnapshot(engine, byKey.get({ keyHash }))
  if (current !== null) return current
  const former = byFormerKey.get({ keyHash, nowMs })
  return former === undefined ? null : readSnapshot(engine, former.id)
}

function toSnapshot(engine: Reading, row: typeof licenses.$inferSelect | undefined) {
  if (row === undefined) return null
  const {
    customerEmailFolded: _email,
    customerNameFolded: _name,
    eventSequence: _sequence,
    validationCount: _count,
    lastValidatedAtMs: _last,
    ...license
  } = row
  return { license, plan: requirePlan(engine, license.planSlug) }
}

export function requirePlan(engine: Reading, slug: string): Plan {
  const plan = readPlan(engine, slug)
  assert(plan !== null, `plan ${slug} of a license exists`)
  return plan
}

/** Usage counters by license id. A license without an entry was not used. */
export type Counters = ReadonlyMap<string, UsageCounters>

export const noCounters: Counters = new Map()

export function readRecord(engine: Reading, id: string, counters: Counters): LicenseRecord | null {
  const snapshot = readSnapshot(engine, id)
  if (snapshot === null) return null
  const domains = snapshot.license.domainsUsed > 0 ? readDomains(engine, id) : []
  return { ...snapshot, domains, usage: counters.get(id) ?? noUsage }
}

export function requireRecord(engine: Reading, id: string, counters = noCounters): LicenseRecord {
  const record = readRecord(engine, id, counters)
  assert(record !== null, `license ${id} exists`)
  return record
}
