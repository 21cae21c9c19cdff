import { formatEmailMembers } from '~/domain/customers.ts'
import type { Steps } from '~/turns.ts'
import type { Engine } from './engine.ts'

/** Rows per step of the search. */
const STEP_ROWS = 200

/**
 * Returns a step that erases the values of rows that name a customer, and of the earlier rows about
 * the same license: they may have a device or a name from when it was the customer's.
 */
export function createAuditStep({ db: { $client } }: Engine, customerEmail: string) {
  const members = formatEmailMembers(customerEmail)
  const next = $client.query<{ last: number | null }, [number, number]>(
    'SELECT max(position) AS last FROM (SELECT position FROM audit WHERE position > ? LIMIT ?)',
  )
  const isNamed = members.map(() => 'instr(personal, ?) > 0').join(' OR ')
  const named = $client.query<{ subjectId: string; last: number }, (number | string)[]>(
    `SELECT subject_id AS subjectId, max(position) AS last FROM audit
     WHERE position > ? AND position <= ? AND (${isNamed}) GROUP BY subject_id`,
  )
  return (after: number) => {
    const last = next.get(after, STEP_ROWS)?.last ?? null
    if (last === null) return { erased: 0, last }
    let erased = 0
    for (const row of named.all(after, last, ...members)) {
      erased += eraseUntil($client, row.subjectId, row.last)
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
    eraseUntil($client, id, Number.MAX_SAFE_INTEGER)
    yield
  }
}

/** The digest remains, so the chain does. */
function eraseUntil($client: Engine['db']['$client'], subjectId: string, last: number): number {
  const erase = $client.query<null, [string, number]>(
    `UPDATE audit SET personal = NULL, personal_salt = NULL
     WHERE subject_id = ? AND position <= ? AND personal IS NOT NULL`,
  )
  return erase.run(subjectId, last).changes
}
