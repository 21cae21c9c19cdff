import type { Connection } from '~/platform/postgres.ts'
import { findLicenseId, parseFacts } from '../records.ts'
import { copyRows } from './copy.ts'
import { buildDeltas, buildTotals } from './deltas.ts'
import type { Erasures } from './erasures.ts'
import type { LicenseNumbers } from './license-numbers.ts'
import type { Addition, ParsedAddition } from './plan.ts'
import { writeRows } from './rows.ts'

const deltaColumns = [
  ...['license', 'day', 'error', 'country', 'domain', 'count', 'last_at_ms', 'late_at_ms'],
]
const totalColumns = ['hour', 'error', 'country', 'product', 'plan', 'count']

export interface WriteParts {
  /** The process that the rows are of. */
  readonly node: number
  /** Whether that is this process. */
  readonly isOwn: boolean
  readonly erasures: Erasures
  readonly numberOf: (licenseId: string) => number
}

/** Returns a function that finds the numbers of all licenses in some additions. */
export async function findNumbers(
  numbers: LicenseNumbers,
  additions: readonly Addition[],
): Promise<WriteParts['numberOf']> {
  const ids = new Set(additions.map(({ facts }) => findLicenseId(facts)))
  const found = await numbers.findOrCreate(ids)
  return (licenseId) => found.get(licenseId) ?? 0
}

/** Adds to the individual validations and to what is folded into the counts. Returns what it has added. */
export async function writeAdditions(
  connection: Connection,
  additions: readonly Addition[],
  { node, isOwn, erasures, numberOf }: WriteParts,
): Promise<readonly ParsedAddition[]> {
  await erasures.learn(connection)
  const parsed = additions.map((one) => ({ ...one, record: parseFacts(one.facts, one.atMs) }))
  const redact = (addition: ParsedAddition) => erasures.redact(addition, isOwn)
  await writeRows(connection, parsed, { node, numberOf, redact })
  await copyRows(connection, 'usage_deltas', deltaColumns, buildDeltas(parsed, numberOf))
  await copyRows(connection, 'usage_totals', totalColumns, buildTotals(parsed))
  return parsed
}
