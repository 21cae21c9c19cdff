import type { Connection, Pool } from '~/platform/postgres.ts'
import type { EdgeBatch, EdgePart } from '../edge-batches.ts'
import { lockShared, query, transact } from './calls.ts'
import { copyRows } from './copy.ts'
import { buildDeltas, buildTotals } from './deltas.ts'
import { takeBatch } from './edge-batches.ts'
import type { Erasures } from './erasures.ts'
import type { LicenseNumbers } from './license-numbers.ts'
import type { Addition, Planner } from './plan.ts'
import { writeRows } from './rows.ts'

const deltaColumns = [
  ...['license', 'day', 'error', 'country', 'domain', 'count', 'last_at_ms', 'late_at_ms'],
]
const totalColumns = ['hour', 'error', 'country', 'product', 'plan', 'count']

interface PlannedPart {
  readonly batch: EdgeBatch | null
  readonly additions: readonly Addition[]
}

interface PlannedBatch {
  readonly number: number
  readonly own: readonly Addition[]
  readonly parts: readonly PlannedPart[]
}

export interface WriterParts {
  readonly pool: Pool
  /** Identifies this process. Its batches are numbered. */
  readonly key: string
  readonly planner: Planner
  readonly erasures: Erasures
  readonly numbers: LicenseNumbers
}

export type Writer = ReturnType<typeof createWriter>

/** Writes batches, each all or nothing, and only once. */
export function createWriter({ pool, key, planner, erasures, numbers }: WriterParts) {
  let node: number | null = null
  /** The last batch, which may fail and be written again: it cannot be planned twice. */
  let planned: PlannedBatch | null = null

  async function plan(number: number, text: string, parts: readonly EdgePart[]) {
    const own = await planner.plan(text)
    const late = parts.map(({ batch, text: lines }) => ({
      batch,
      additions: planner.planLate(lines),
    }))
    return { number, own, parts: late }
  }

  /** Returns what it has written, nothing if the batch was written before. */
  async function writeBatch(
    connection: Connection,
    batch: PlannedBatch,
    parts: { readonly node: number; readonly numberOf: (licenseId: string) => number },
  ): Promise<readonly Addition[]> {
    await lockShared(connection)
    const advanced = await connection.unsafe(
      `UPDATE usage_nodes SET number = $2::text::bigint
       WHERE node = $1::text::integer AND number < $2::text::bigint RETURNING 1`,
      [`${parts.node}`, `${batch.number}`],
    )
    if (advanced.length === 0) return []
    await erasures.learn(connection)
    const additions = [...batch.own]
    for (const part of batch.parts) {
      if (part.batch === null || (await takeBatch(connection, part.batch)))
        additions.push(...part.additions)
    }
    await writeRows(connection, additions, { ...parts, redact: erasures.redact })
    const deltas = buildDeltas(additions, parts.numberOf)
    await copyRows(connection, 'usage_deltas', deltaColumns, deltas)
    await copyRows(connection, 'usage_totals', totalColumns, buildTotals(additions))
    return additions
  }

  return {
    /** Writes a batch, with the batches of edges in it. Returns what it has added. */
    write: async (number: number, text: string, parts: readonly EdgePart[]) => {
      if (planned?.number !== number) planned = await plan(number, text, parts)
      const batch = planned
      node ??= await registerNode(pool, key)
      const all = [...batch.own, ...batch.parts.flatMap(({ additions }) => additions)]
      const found = await numbers.findOrCreate(all.map(({ record }) => record.licenseId))
      const rowParts = { node, numberOf: (licenseId: string) => found.get(licenseId) ?? 0 }
      return transact(pool, (connection) => writeBatch(connection, batch, rowParts))
    },
  }
}

async function registerNode(pool: Pool, key: string): Promise<number> {
  await query(pool, `INSERT INTO usage_nodes (key) VALUES ($1) ON CONFLICT (key) DO NOTHING`, [key])
  const [row] = await query<{ node: number }>(pool, `SELECT node FROM usage_nodes WHERE key = $1`, [
    key,
  ])
  if (row === undefined) throw new Error('The node was not registered.')
  return row.node
}
