import { getBucket } from '~/domain/usage.ts'
import { type Connection, formatArray } from '~/platform/postgres.ts'
import { type CopiedValue, copyRows, removeNul } from './copy.ts'
import type { Erasures } from './erasures.ts'
import type { Addition } from './plan.ts'

/** Rows that are added to in one statement. */
const ROWS_PER_STATEMENT = 1000

const columns = [
  ...['day', 'license', 'at_ms', 'nth', 'node', 'error', 'domain', 'fingerprint', 'country'],
  ...['address', 'version', 'count', 'last_at_ms'],
]
const names = columns.join()
const typed = columns.map((name) => `${name} ${typeOf(name)}`).join()

/** The parts of a row that are not in the validation itself. */
export interface RowParts {
  readonly node: number
  readonly numberOf: (licenseId: string) => number
  readonly redact: Erasures['redact']
}

/** Writes the individual validations of a batch: begins rows, or adds to those that it has begun before. */
export async function writeRows(
  connection: Connection,
  additions: readonly Addition[],
  parts: RowParts,
): Promise<void> {
  const stored = additions.filter(({ nth }) => nth !== null)
  if (stored.length === 0) return
  const days = new Set(stored.map(({ record }) => getBucket(record.atMs, 'day')))
  await connection.unsafe(
    `INSERT INTO usage_days (day) SELECT day FROM unnest($1::text::integer[]) AS day ORDER BY day
     ON CONFLICT (day) DO NOTHING`,
    [formatArray([...days].map(String))],
  )
  // Those of an edge may continue a row of a batch that was skipped because it was repeated.
  const isBegun = ({ isNew, isLate }: Addition) => isNew && !isLate
  const begun = stored.filter(isBegun).map((addition) => toRow(addition, parts))
  await copyRows(connection, 'usage_validations', columns, begun)
  const others = stored.filter((one) => !isBegun(one)).map((addition) => toRow(addition, parts))
  for (let start = 0; start < others.length; start += ROWS_PER_STATEMENT) {
    const rows = others.slice(start, start + ROWS_PER_STATEMENT)
    const given = rows.map((row) =>
      Object.fromEntries(row.map((value, at) => [columns[at], value])),
    )
    await connection.unsafe(ADD, [JSON.stringify(given)])
  }
}

/** A row that is gone begins again. */
const ADD = `INSERT INTO usage_validations (${names})
  SELECT ${names} FROM json_to_recordset($1::text::json) AS given (${typed})
  ON CONFLICT (day, license, at_ms, nth, node) DO UPDATE SET
    count = usage_validations.count + excluded.count,
    last_at_ms = greatest(usage_validations.last_at_ms, excluded.last_at_ms)`

function toRow(addition: Addition, parts: RowParts): CopiedValue[] {
  const { licenseId, atMs, error, domain, fingerprint, country, address, version } =
    parts.redact(addition)
  const texts = [error, domain, fingerprint, country, address, version]
  return [
    ...[getBucket(atMs, 'day'), parts.numberOf(licenseId), atMs, addition.nth, parts.node],
    ...texts.map((text) => (text === null ? null : removeNul(text))),
    ...[addition.count, addition.lastAtMs],
  ]
}

function typeOf(column: string): string {
  if (['day', 'nth', 'node'].includes(column)) return 'integer'
  return ['license', 'at_ms', 'count', 'last_at_ms'].includes(column) ? 'bigint' : 'text'
}
