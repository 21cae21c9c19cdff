import { formatEmailMembers } from '~/domain/customers.ts'
import type { Steps } from '~/turns.ts'
import type { Engine } from './engine.ts'

/** Rows per step of the search. */
const STEP_ROWS = 200

/**
 * Returns a step that erases the values of rows that name a customer, and of the earlier rows about
 * the same license: they may have a device or a name from when it was the customer's. Other subjects,
 * such as exports, have rows about many customers.
 */
export function createAuditStep({ db: { $client } }: Engine, customerEmail: string) {
  const members = formatEmailMembers(customerEmail)
  const next = $client.query<{ last: number | null }, [number, number]>(
    'SELECT max(position) AS last FROM (SELECT position FROM audit WHERE position > ? LIMIT ?)',
  )
  const isNamed = members.map(() => 'instr(personal, ?) > 0').join(' OR ')
  const named = $client.query<NamedRow, (number | string)[]>(
    `SELECT subject_id AS subjectId, max(position) AS last,
       iif(substr(subject_id, 1, 4) = 'lic_', 0, position) AS first FROM audit
     WHERE position > ? AND position <= ? AND (${isNamed}) GROUP BY 1, 3`,
  )
  return (after: number) => {
    const last = next.get(after, STEP_ROWS)?.last ?? null
    if (last === null) return { erased: 0, last }
    let erased = 0
    for (const row of named.all(after, last, ...members)) {
      erased += eraseValues($client, row)
    }
    return { erased, last }
  }
}

/** Erases the values of all rows about these licenses. */
export function* eraseAuditOf(
  { db: { $client } }: Engine,
  licenseIds: readonly string[],
): Steps<void> {
  for (const id of licenseIds) {
    eraseValues($client, { subjectId: id, first: 0, last: Number.MAX_SAFE_INTEGER })
    yield
  }
}

/** A range of positions, both inclusive. */
interface NamedRow {
  readonly subjectId: string
  readonly first: number
  readonly last: number
}

/** The digest remains, so the chain does. */
function eraseValues(
  $client: Engine['db']['$client'],
  { subjectId, first, last }: NamedRow,
): number {
  const erase = $client.query<null, [string, number, number]>(
    `UPDATE audit SET personal = NULL, personal_salt = NULL
     WHERE subject_id = ? AND position BETWEEN ? AND ? AND personal IS NOT NULL`,
  )
  return erase.run(subjectId, first, last).changes
}
