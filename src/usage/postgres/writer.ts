import type { Connection, Pool } from '~/platform/postgres.ts'
import type { EdgeBatch, EdgePart } from '../edge-batches.ts'
import { lockShared, query, transact } from './calls.ts'
import { takeBatch } from './edge-batches.ts'
import type { Erasures } from './erasures.ts'
import type { LicenseNumbers } from './license-numbers.ts'
import type { Addition, ParsedAddition, Planner } from './plan.ts'
import { settleNode } from './settle.ts'
import { formatStaged } from './staged.ts'
import { findNumbers, writeAdditions } from './write.ts'

/** Batches with more additions are staged, because the next ones continue most of their rows. */
const UNSTAGED_MAX = 1000
/** Staged batches are settled after this time, or once they have this many rows. */
const STAGED_MAX_MS = 10_000
const STAGED_ROWS_MAX = 20_000

interface PlannedPart {
  readonly batch: EdgeBatch | null
  readonly additions: readonly Addition[]
}

interface PlannedBatch {
  readonly number: number
  readonly own: readonly Addition[]
  readonly parts: readonly PlannedPart[]
  readonly isStaged: boolean
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

/** Writes batches, each all or nothing, and only once. Large ones are staged, and settled some time later. */
export function createWriter({ pool, key, planner, erasures, numbers }: WriterParts) {
  const window = createWindow()
  const inTurn = createTurns()
  let node: number | null = null
  /** The last batch, which may fail and be written again: it cannot be planned twice. */
  let planned: PlannedBatch | null = null

  async function stage(batch: PlannedBatch, ofNode: number): Promise<void> {
    const staged = await transact(pool, async (connection) => {
      const taken = await take(connection, ofNode, batch)
      if (taken === null) return null
      const text = formatStaged(taken.additions, window.listRows(taken.settled))
      await connection.unsafe(
        `INSERT INTO usage_staged (node, number, staged_at_ms, text)
         VALUES ($1::text::integer, $2::text::bigint,
           (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $3)`,
        [`${ofNode}`, `${batch.number}`, text],
      )
      return taken
    })
    // A batch that was written before is staged, even if the response of the database was lost.
    if (staged === null) window.begin()
    else window.add(staged.additions, staged.settled)
  }

  async function writeAtOnce(batch: PlannedBatch, ofNode: number) {
    const all = [...batch.own, ...batch.parts.flatMap(({ additions }) => additions)]
    const numberOf = await findNumbers(numbers, all)
    return transact(pool, async (connection) => {
      const taken = await take(connection, ofNode, batch)
      if (taken === null) return []
      const parts = { node: ofNode, isOwn: true, erasures, numberOf }
      return writeAdditions(connection, taken.additions, parts)
    })
  }

  async function settle(): Promise<readonly ParsedAddition[]> {
    if (node === null || window.isEmpty()) return []
    const added = await settleNode({ pool, erasures, numbers }, { node, isOwn: true })
    window.end(planned?.number ?? 0)
    return added
  }

  return {
    /** Writes a batch, with the batches of edges in it. Returns what it has added, nothing if it is staged. */
    write: (number: number, text: string, parts: readonly EdgePart[]) =>
      inTurn(async (): Promise<readonly ParsedAddition[]> => {
        if (planned?.number !== number) {
          const batch = await planBatch(planner, number, text, parts)
          planned = { ...batch, isStaged: !window.isEmpty() || isLarge(batch) }
        }
        node ??= await registerNode(pool, key)
        if (planned.isStaged) {
          await stage(planned, node)
          return []
        }
        const added = await writeAtOnce(planned, node)
        window.end(planned.number)
        return added
      }),
    /** Settles what this process has staged. Returns what it has added. */
    settle: () => inTurn(settle),
    /** Settles it if it is time. */
    settleDue: () => inTurn(() => (window.isDue() ? settle() : Promise.resolve([]))),
    /** Returns the number of the last batch of this process that is settled. */
    readLastSettled: window.readLastSettled,
  }
}

type UndecidedBatch = Omit<PlannedBatch, 'isStaged'>

function isLarge({ own, parts }: UndecidedBatch): boolean {
  return parts.reduce((sum, { additions }) => sum + additions.length, own.length) > UNSTAGED_MAX
}

async function planBatch(
  planner: Planner,
  number: number,
  text: string,
  parts: readonly EdgePart[],
): Promise<UndecidedBatch> {
  const own = await planner.plan(text)
  const late = parts.map(({ batch, text: lines }) => ({
    batch,
    additions: planner.planLate(lines),
  }))
  return { number, own, parts: late }
}

/** Returns what is new in a batch, and the last settled batch; null if it was written before. */
async function take(
  connection: Connection,
  node: number,
  { number, own, parts, isStaged }: PlannedBatch,
) {
  await lockShared(connection)
  const [advanced] = await connection.unsafe<{ settled: number }[]>(
    `UPDATE usage_nodes SET number = $2::text::bigint,
       settled = CASE WHEN $3::text::boolean THEN settled ELSE $2::text::bigint END
     WHERE node = $1::text::integer AND number < $2::text::bigint
     RETURNING settled::float8 AS settled`,
    [`${node}`, `${number}`, `${isStaged}`],
  )
  if (advanced === undefined) return null
  const additions = [...own]
  for (const part of parts) {
    if (part.batch === null || (await takeBatch(connection, part.batch)))
      additions.push(...part.additions)
  }
  return { additions, settled: advanced.settled }
}

/** Returns a function that runs steps one after another, whatever became of the one before. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(step: () => Promise<Result>): Promise<Result> => {
    const next = last.catch(() => undefined).then(step)
    last = next
    return next
  }
}

/** The batches that are staged, and the rows that have their facts in one of them. */
function createWindow() {
  let rows = new Set<number>()
  let settled = 0
  let sinceMs: number | null = null

  function begin(): void {
    sinceMs ??= performance.now()
  }

  return {
    /** Returns the rows, given the last settled batch: another process may have settled some of these. */
    listRows: (lastSettled: number): ReadonlySet<number> =>
      lastSettled === settled ? rows : new Set(),
    add(additions: readonly Addition[], lastSettled: number): void {
      if (lastSettled !== settled) rows = new Set()
      settled = lastSettled
      begin()
      for (const { nth } of additions) if (nth !== null) rows.add(nth)
    },
    begin,
    /** Everything up to this batch is settled. */
    end(lastSettled: number): void {
      settled = lastSettled
      rows = new Set()
      sinceMs = null
    },
    readLastSettled: () => settled,
    isEmpty: () => sinceMs === null,
    isDue: () =>
      rows.size > STAGED_ROWS_MAX ||
      (sinceMs !== null && performance.now() - sinceMs >= STAGED_MAX_MS),
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
