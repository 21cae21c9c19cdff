import { getBucket, type ValidationRecord } from '~/domain/usage.ts'
import { type Connection, formatArray } from '~/platform/postgres.ts'
import { type CopiedValue, copyRows, removeNul } from './copy.ts'
import type { ParsedAddition } from './plan.ts'

/** Rows that are added to in one statement. */
const ROWS_PER_STATEMENT = 1000

const columns = [
  ...['day', 'license', 'at_ms', 'nth', 'node', 'error', 'domain', 'fingerprint', 'country'],
  ...['address', 'version', 'count', 'last_at_ms'],
]
/** The columns that name a row of a day, or change when it continues. */
const continued = ['license', 'at_ms', 'nth', 'node', 'count', 'last_at_ms']
const names = columns.join()

/** The parts of a row that are not in the validation itself. */
export interface RowParts {
  readonly node: number
  readonly numberOf: (licenseId: string) => number
  readonly redact: (addition: ParsedAddition) => ValidationRecord
}

/** Writes the individual validations of a batch: begins rows, or adds to those that it has begun before. */
export async function writeRows(
  connection: Connection,
  additions: readonly ParsedAddition[],
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
  const isBegun = ({ isNew, isLate }: ParsedAddition) => isNew && !isLate
  const begun = stored.filter(isBegun).map((addition) => toRow(addition, parts))
  await copyRows(connection, 'usage_validations', columns, begun)
  const others = mergeRows(stored.filter((one) => !isBegun(one)))
  for (const day of days) {
    const ofDay = others.filter(({ record }) => getBucket(record.atMs, 'day') === day)
    for (let start = 0; start < ofDay.length; start += ROWS_PER_STATEMENT) {
      const some = ofDay.slice(start, start + ROWS_PER_STATEMENT)
      const rows = some.map((addition) => toRow(addition, parts))
      await addToRows(connection, day, rows)
    }
  }
}

/** Adds up additions to the same row, such as those of two batches of an edge: a statement changes it once. */
function mergeRows(additions: readonly ParsedAddition[]): readonly ParsedAddition[] {
  const rows = new Map<number | null, ParsedAddition>()
  for (const addition of additions) {
    const former = rows.get(addition.nth)
    const count = addition.count + (former?.count ?? 0)
    const lastAtMs = Math.max(addition.lastAtMs, former?.lastAtMs ?? 0)
    rows.set(addition.nth, { ...addition, count, lastAtMs })
  }
  return [...rows.values()]
}

/** A row that is gone begins again. */
async function addToRows(
  connection: Connection,
  day: number,
  rows: readonly CopiedValue[][],
): Promise<void> {
  const values = continued.map((name) => {
    const at = columns.indexOf(name)
    return formatArray(rows.map((row) => `${row[at]}`))
  })
  const { count } = await connection.unsafe(CONTINUE, [`${day}`, ...values])
  if (count === rows.length) return
  const given = rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at], value])))
  await connection.unsafe(BEGIN_MISSING, [JSON.stringify(given)])
}

const givenArrays = continued.map((name, index) => `$${index + 2}::text::${typeOf(name)}[]`)

/** With the day as a parameter, no other partition is looked at. */
const CONTINUE = `UPDATE usage_validations SET count = usage_validations.count + given.count,
    last_at_ms = greatest(usage_validations.last_at_ms, given.last_at_ms)
  FROM unnest(${givenArrays}) AS given (${continued})
  WHERE usage_validations.day = $1::text::integer AND usage_validations.license = given.license
    AND usage_validations.at_ms = given.at_ms AND usage_validations.nth = given.nth
    AND usage_validations.node = given.node`

const BEGIN_MISSING = `INSERT INTO usage_validations (${names})
  SELECT ${names} FROM json_to_recordset($1::text::json)
    AS given (${columns.map((name) => `${name} ${typeOf(name)}`)})
  ON CONFLICT DO NOTHING`

function toRow(addition: ParsedAddition, parts: RowParts): CopiedValue[] {
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
