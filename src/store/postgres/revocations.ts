import type { EventDraft } from '~/domain/decisions.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { deriveRevocations, getLeasesUntilMs, type Revocation } from '~/domain/revocations.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Revocations } from '../signing-port.ts'
import type { Engine, Tx } from './engine.ts'
import { lockHead, writeHead } from './heads.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { heads, revocations } from './schema.ts'

/** An entry of the feed that follows from a decision, before it has a number. */
export interface RevocationDraft extends Omit<Revocation, 'number'> {
  readonly snapshot: LicenseSnapshot
  readonly nowMs: number
}

export function createRevocations(engine: Engine): Revocations {
  return {
    list: (after, max) =>
      selectRows(
        engine,
        revocations,
        ['number', 'id', 'beforeMs'],
        'WHERE number > $1 ORDER BY number LIMIT $2',
        [after, max],
      ),
    findPosition: async () => {
      const head = await selectRow(engine, heads, ['number'], "WHERE name = 'revocations'")
      return head?.number ?? 0
    },
  }
}

/** Notes the entries that follow from the events of a decision. */
export function noteRevocations(
  tx: Tx,
  events: readonly EventDraft[],
  timeOf: (licenseId: string) => { readonly nowMs: number },
  readAfter: (licenseId: string) => LicenseSnapshot,
): void {
  const times = events.flatMap(({ licenseId }) =>
    licenseId === null ? [] : timeOf(licenseId).nowMs,
  )
  // The commands may have waited for their turn, while validations went on.
  const writtenAtMs = Math.max(...times, tx.clock.nowMs())
  for (const { licenseId, id, beforeMs } of deriveRevocations(events, writtenAtMs)) {
    const { nowMs } = timeOf(licenseId)
    tx.revocations.push({ id, beforeMs, snapshot: readAfter(licenseId), nowMs })
  }
}

type Row = typeof revocations.$inferSelect

/**
 * Writes the entries of a transaction, at its end: until the commit, no other transaction gets a number.
 * So an app that has read a number has read all lower ones.
 */
export async function writeRevocations(tx: Tx): Promise<void> {
  if (tx.revocations.length === 0) return
  const untilMs = await readTokenEnds(tx)
  const head = await lockHead(tx, 'revocations')
  const ids = formatArray(tx.revocations.map(({ id }) => id))
  const isNamed = 'WHERE id = ANY($1::text::text[])'
  const formerRows = await selectRows(tx, revocations, undefined, isNamed, [ids])
  const current = new Map(formerRows.map((row) => [row.id, row]))
  const written = new Map<string, Row>()
  let number = head.number
  for (const draft of tx.revocations) {
    const row = buildRow(draft, current.get(draft.id), untilMs(draft))
    if (row === null) continue
    number = Math.max(draft.nowMs, number + 1)
    current.set(row.id, { ...row, number })
    written.set(row.id, { ...row, number })
  }
  if (written.size === 0) return
  const replaced = formatArray([...written.keys()])
  await Promise.all([
    tx.client.unsafe(`DELETE FROM revocations ${isNamed}`, [replaced]),
    insertRows(tx, revocations, [...written.values()]),
    writeHead(tx, 'revocations', { number, hash: null }),
  ])
  tx.touched.touchesRevocations = true
}

/** Returns null if no token has to be revoked, or if there is nothing to lift. */
function buildRow(
  { id, beforeMs, nowMs }: RevocationDraft,
  former: Row | undefined,
  tokensUntilMs: number,
): Omit<Row, 'number'> | null {
  const isLift = beforeMs === 0
  const isNeedless = isLift ? (former?.beforeMs ?? 0) === 0 : tokensUntilMs <= nowMs
  if (isNeedless) return null
  return {
    id,
    beforeMs: isLift ? 0 : Math.max(beforeMs, former?.beforeMs ?? 0),
    keptUntilMs: Math.max(tokensUntilMs, former?.keptUntilMs ?? 0),
  }
}

/** Returns a function with the time when the last token of a license will have expired. */
async function readTokenEnds(tx: Tx): Promise<(draft: RevocationDraft) => number> {
  const ids = formatArray(tx.revocations.map(({ snapshot }) => snapshot.license.id))
  const rows = await tx.client.unsafe<{ id: string; untilMs: string }[]>(
    `SELECT licenses.id, greatest(former_leases_until_ms,
       (SELECT max(expires_at_ms) FROM license_files WHERE license_id = licenses.id)) AS "untilMs"
     FROM licenses JOIN products ON products.slug = product_slug
     WHERE licenses.id = ANY($1::text::text[])`,
    [ids],
  )
  const ends = new Map(rows.map(({ id, untilMs }) => [id, Number(untilMs)]))
  return ({ snapshot: { license, plan }, nowMs }) =>
    Math.max(getLeasesUntilMs(plan, nowMs), ends.get(license.id) ?? 0)
}

/** Records that leases may still work which were signed under the longer terms of a former plan. */
export async function keepFormerLeases(
  { client }: Tx,
  { former, plan }: { readonly former: Plan; readonly plan: Plan },
  nowMs: number,
): Promise<void> {
  const untilMs = getLeasesUntilMs(former, nowMs)
  if (untilMs <= getLeasesUntilMs(plan, nowMs)) return
  await client.unsafe(
    `UPDATE products SET former_leases_until_ms = greatest(former_leases_until_ms, $1)
     WHERE slug = $2`,
    [untilMs, plan.productSlug],
  )
}
