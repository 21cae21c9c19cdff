import { asc, gt, sql } from 'drizzle-orm'
import type { EventDraft } from '~/domain/decisions.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { deriveRevocations, getLeasesUntilMs, type Revocation } from '~/domain/revocations.ts'
import type { Steps } from '~/turns.ts'
import type { Revocations } from '../signing-port.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { prepareInsert, prepareSelect } from './rows.ts'
import { products, revocations } from './schema.ts'

export function prepareRevocations(db: Db) {
  const { number, id, beforeMs } = revocations
  const { $client } = db
  return {
    after: db
      .select({ number, id, beforeMs })
      .from(revocations)
      .where(gt(number, sql.placeholder('after')))
      .orderBy(asc(number))
      .limit(sql.placeholder('max'))
      .prepare(),
    // SQLite keeps the highest number here when rows are deleted.
    position: $client.prepare<{ seq: number }, []>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'revocations'",
    ),
    byId: prepareSelect(db, revocations, ['beforeMs', 'keptUntilMs'], 'id = ?'),
    insert: prepareInsert(db, revocations),
    delete: $client.prepare<unknown, [id: string]>('DELETE FROM revocations WHERE id = ?'),
    filesUntil: $client.prepare<{ untilMs: number | null }, [licenseId: string]>(
      'SELECT max(expires_at_ms) AS untilMs FROM license_files WHERE license_id = ?',
    ),
    product: prepareSelect(db, products, ['formerLeasesUntilMs'], 'slug = ?'),
    keepFormerLeases: $client.prepare<unknown, [untilMs: number, productSlug: string]>(
      `UPDATE products SET former_leases_until_ms = max(former_leases_until_ms, ?) WHERE slug = ?`,
    ),
  }
}

export function createRevocations({ committed: { statements } }: Engine): Revocations {
  return {
    list: async (after, max) => statements.revocations.after.all({ after, max }),
    findPosition: async () => statements.revocations.position.get()?.seq ?? 0,
  }
}

/** Writes the entries that follow from the events of a decision, in its transaction, one per step. */
export function* appendRevocations(
  engine: Engine,
  events: readonly EventDraft[],
  nowMs: number,
  readAfter: (licenseId: string) => LicenseSnapshot,
): Steps<void> {
  // The command may have waited for its turn, while validations went on.
  const writtenAtMs = Math.max(nowMs, engine.clock.nowMs())
  for (const entry of deriveRevocations(events, writtenAtMs)) {
    const untilMs = findTokensUntil(engine, readAfter(entry.licenseId), nowMs)
    writeRevocation(engine, entry, untilMs, nowMs)
    yield
  }
}

/** Returns when the last token of a license will have expired that may exist now. */
function findTokensUntil({ statements }: Engine, snapshot: LicenseSnapshot, nowMs: number): number {
  const { filesUntil, product } = statements.revocations
  const { license, plan } = snapshot
  return Math.max(
    getLeasesUntilMs(plan, nowMs),
    product(license.productSlug)?.formerLeasesUntilMs ?? 0,
    filesUntil.get(license.id)?.untilMs ?? 0,
  )
}

function writeRevocation(
  { statements, touched }: Engine,
  { id, beforeMs }: Omit<Revocation, 'number'>,
  tokensUntilMs: number,
  nowMs: number,
): void {
  const { byId, position, insert, delete: remove } = statements.revocations
  const former = byId(id)
  const isLift = beforeMs === 0
  const isNeedless = isLift ? (former?.beforeMs ?? 0) === 0 : tokensUntilMs <= nowMs
  if (isNeedless) return
  if (former !== null) remove.run(id)
  insert({
    number: Math.max(nowMs, (position.get()?.seq ?? 0) + 1),
    id,
    beforeMs: isLift ? 0 : Math.max(beforeMs, former?.beforeMs ?? 0),
    keptUntilMs: Math.max(tokensUntilMs, former?.keptUntilMs ?? 0),
  })
  touched.touchesRevocations = true
}

/** Records that leases may still work which were signed under the longer terms of a former plan. */
export function keepFormerLeases(
  { statements }: Engine,
  { former, plan }: { readonly former: Plan; readonly plan: Plan },
  nowMs: number,
): void {
  const untilMs = getLeasesUntilMs(former, nowMs)
  if (untilMs <= getLeasesUntilMs(plan, nowMs)) return
  statements.revocations.keepFormerLeases.run(untilMs, plan.productSlug)
}
