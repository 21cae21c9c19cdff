import { and, gt, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import type {
  LicenseRecord,
  LicenseSnapshot,
  LicenseTerms,
  TermsSnapshot,
} from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { noUsage, type UsageCounters } from '~/domain/usage.ts'
import type { Validations } from '../port.ts'
import { purchaseColumns, termsColumns, toLicense } from '../shared/licenses.ts'
import { readActivationState, readDomains } from './activation-state.ts'
import { checkoutUnits } from './checkout-schema.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { readPlan } from './plans.ts'
import { prepareSelect } from './rows.ts'
import { formerKeys, licenses } from './schema.ts'

export function prepareLicenses(db: Db) {
  const select = () => db.select().from(licenses)
  const stillWorks = gt(formerKeys.validUntilMs, sql.placeholder('nowMs'))
  return {
    byId: select().where(equals(licenses.id, 'id')).prepare(),
    termsById: prepareSelect(db, licenses, termsColumns, 'id = ?'),
    termsByKey: prepareSelect(db, licenses, termsColumns, 'key_hash = ?'),
    purchaseOf: prepareSelect(db, checkoutUnits, purchaseColumns, 'license_id = ?'),
    byFormerKey: db
      .select({ id: formerKeys.licenseId })
      .from(formerKeys)
      .where(and(equals(formerKeys.keyHash, 'keyHash'), stillWorks))
      .prepare(),
  }
}

export function createValidations({ committed }: Engine): Validations {
  return {
    findLicense: (keyHash, nowMs) => readByKey(committed, keyHash, nowMs),
    findActivationState: (snapshot, query) => readActivationState(committed, snapshot, query),
  }
}

export function readSnapshot(engine: Reading, id: string): LicenseSnapshot | null {
  return toSnapshot(engine, engine.statements.licenses.byId.get({ id }))
}

function readByKey(engine: Reading, keyHash: string, nowMs: number): TermsSnapshot | null {
  const { termsByKey, termsById, byFormerKey } = engine.statements.licenses
  let license: LicenseTerms | null = termsByKey(keyHash)
  if (license === null) {
    const former = byFormerKey.get({ keyHash, nowMs })
    license = former === undefined ? null : termsById(former.id)
  }
  return license && { license, plan: requirePlan(engine, license.planSlug) }
}

function toSnapshot(engine: Reading, row: typeof licenses.$inferSelect | undefined) {
  if (row === undefined) return null
  const license = toLicense(row)
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
  const purchase = engine.statements.licenses.purchaseOf(id)
  return { ...snapshot, domains, usage: counters.get(id) ?? noUsage, purchase }
}

export function requireRecord(engine: Reading, id: string, counters = noCounters): LicenseRecord {
  const record = readRecord(engine, id, counters)
  assert(record !== null, `license ${id} exists`)
  return record
}
