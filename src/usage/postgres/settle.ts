import type { Pool } from '~/platform/postgres.ts'
import { lockShared, query, transact } from './calls.ts'
import type { Erasures } from './erasures.ts'
import type { LicenseNumbers } from './license-numbers.ts'
import type { ParsedAddition } from './plan.ts'
import { mergeStaged } from './staged.ts'
import { findNumbers, writeAdditions } from './write.ts'

/** Attempts for a process that writes more meanwhile. */
const ATTEMPTS_MAX = 3

export interface SettleParts {
  readonly pool: Pool
  readonly erasures: Erasures
  readonly numbers: LicenseNumbers
}

/** A process that has staged batches, and whether it is this one. */
export interface StagingProcess {
  readonly node: number
  readonly isOwn: boolean
}

interface Batch {
  readonly number: number
  readonly text: string
}

/** Moves the staged batches of a process to the other tables, all or none. Returns what it has added. */
export async function settleNode(
  parts: SettleParts,
  process: StagingProcess,
): Promise<readonly ParsedAddition[]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const batches = await query<Batch>(
      parts.pool,
      `SELECT number::float8 AS number, text FROM usage_staged
       WHERE node = $1::text::integer ORDER BY number`,
      [`${process.node}`],
    )
    if (batches.length === 0) return []
    const added = await settle(parts, process, batches)
    if (added !== null) return added
  }
  return []
}

/** Settles the batches of all processes that have staged one at least `silentMs` ago. */
export async function settleSilent(
  parts: SettleParts,
  silentMs: number,
): Promise<readonly ParsedAddition[]> {
  const nodes = await query<{ node: number }>(
    parts.pool,
    `SELECT DISTINCT node FROM usage_staged
     WHERE staged_at_ms <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1::text::bigint`,
    [`${silentMs}`],
  )
  const added: ParsedAddition[] = []
  for (const { node } of nodes) {
    added.push(...(await settleNode(parts, { node, isOwn: false })))
  }
  return added
}

/** Returns null if the process has written more, or another one was faster. */
async function settle(
  { pool, erasures, numbers }: SettleParts,
  { node, isOwn }: StagingProcess,
  batches: readonly Batch[],
): Promise<readonly ParsedAddition[] | null> {
  const last = batches.at(-1)?.number ?? 0
  const additions = await mergeStaged(batches.map(({ text }) => text))
  const numberOf = await findNumbers(numbers, additions)
  return transact(pool, async (connection) => {
    await lockShared(connection)
    const taken = await connection.unsafe(
      `UPDATE usage_nodes SET settled = number
       WHERE node = $1::text::integer AND number = $2::text::bigint AND settled < number RETURNING 1`,
      [`${node}`, `${last}`],
    )
    if (taken.length === 0) return null
    const added = await writeAdditions(connection, additions, { node, isOwn, erasures, numberOf })
    await connection.unsafe('DELETE FROM usage_staged WHERE node = $1::text::integer', [`${node}`])
    return added
  })
}
