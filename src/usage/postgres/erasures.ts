import type { ValidationRecord } from '~/domain/usage.ts'
import { type Connection, formatArray } from '~/platform/postgres.ts'
import type { ParsedAddition } from './plan.ts'

/** The clock of an edge may be ahead by this much. */
const EDGE_AHEAD_MAX_MS = 60_000
/** The clock of another node may be ahead by this much: see /readyz. */
const NODE_AHEAD_MAX_MS = 2000

interface Erasure {
  readonly atMs: number
  /** Whether this process has redacted the license, which was no longer in its memory then. */
  readonly isOwn: boolean
}

interface Row {
  readonly number: number
  readonly licenseId: string
  readonly atMs: number
}

export type Erasures = ReturnType<typeof createErasures>

/** Remembers which licenses were redacted, because nodes and edges may write validations from before. */
export function createErasures(onLearned: () => void) {
  const known = new Map<string, Erasure>()
  /** Numbers are in the order of commits, because nothing else is written while one is recorded. */
  let last = 0

  async function learn(connection: Connection): Promise<void> {
    const rows = await connection.unsafe<Row[]>(
      `SELECT number::float8 AS number, license_id AS "licenseId", at_ms::float8 AS "atMs"
       FROM usage_erasures WHERE number > $1::text::bigint ORDER BY number`,
      [`${last}`],
    )
    for (const { number, licenseId, atMs } of rows) {
      known.set(licenseId, { atMs, isOwn: false })
      last = number
    }
    if (rows.length > 0) onLearned()
  }

  return {
    /** Reads what other nodes have recorded, in the transaction of a batch. */
    learn,
    /** Records that these licenses are redacted, while no batch is written. Returns what to do after the commit. */
    record: async (
      connection: Connection,
      licenseIds: readonly string[],
      atMs: number,
    ): Promise<() => void> => {
      await learn(connection)
      const rows = await connection.unsafe<Row[]>(
        `INSERT INTO usage_erasures (license_id, at_ms)
         SELECT DISTINCT id, $2::text::bigint FROM unnest($1::text::text[]) AS id
         ON CONFLICT (license_id) DO UPDATE
           SET number = excluded.number, at_ms = greatest(usage_erasures.at_ms, excluded.at_ms)
         RETURNING number::float8 AS number, license_id AS "licenseId", at_ms::float8 AS "atMs"`,
        [formatArray(licenseIds), `${atMs}`],
      )
      return () => {
        for (const row of rows) {
          known.set(row.licenseId, { atMs: row.atMs, isOwn: true })
          last = Math.max(last, row.number)
        }
      }
    },
    /**
     * Returns the validation, of this process or of another, without the address and fingerprint if it is
     * from before an erasure.
     */
    redact: ({ record, isLate }: ParsedAddition, isOfThisProcess: boolean): ValidationRecord => {
      const erasure = known.get(record.licenseId)
      if (erasure === undefined) return record
      const isOwn = erasure.isOwn && isOfThisProcess
      if (record.atMs > findEnd({ ...erasure, isOwn }, isLate)) return record
      return { ...record, address: null, fingerprint: null }
    },
  }
}

/** Returns the time of the last validations that may be from before an erasure. */
function findEnd({ atMs, isOwn }: Erasure, isLate: boolean): number {
  if (isLate) return atMs + EDGE_AHEAD_MAX_MS
  return isOwn ? atMs - 1 : atMs + NODE_AHEAD_MAX_MS
}
