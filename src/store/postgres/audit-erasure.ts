import { formatEmailMembers } from '~/domain/customers.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Tx } from './engine.ts'
import type { Step } from './sweeps.ts'

/** Rows per step of the search. */
const STEP_ROWS = 1000

/** A range of positions, both inclusive. */
interface NamedRow {
  readonly subjectId: string
  readonly first: string
  readonly last: string
}

const LAST = `
  SELECT max(position)::text AS last FROM (
    SELECT position FROM audit WHERE position > $1::text::bigint ORDER BY position LIMIT $2
  ) AS next`

const NAMED = `
  SELECT subject_id AS "subjectId", max(position)::text AS last,
    (CASE WHEN starts_with(subject_id, 'lic_') THEN 0 ELSE position END)::text AS first
  FROM audit
  WHERE position > $1::text::bigint AND position <= $2::text::bigint AND EXISTS (
    SELECT FROM unnest($3::text::text[]) AS member WHERE strpos(personal, member) > 0)
  GROUP BY 1, 3`

/**
 * Returns a step that erases the values of rows that name a customer, and of the earlier rows about
 * the same license: they may have a device or a name from when it was the customer's. Other subjects,
 * such as exports, have rows about many customers. Rows appear in the order of their positions.
 */
export function createAuditStep(customerEmail: string): Step {
  const members = formatArray(formatEmailMembers(customerEmail))
  return async ({ client }, { after }) => {
    const [next] = await client.unsafe<{ last: string | null }[]>(LAST, [after.key, STEP_ROWS])
    const last = next?.last ?? null
    if (last === null) return { erased: 0, last }
    const named = await client.unsafe<NamedRow[]>(NAMED, [after.key, last, members])
    const { count } = await client.unsafe(
      `UPDATE audit SET personal = NULL, personal_salt = NULL
       FROM json_to_recordset($1::text::json) AS given ("subjectId" text, first bigint, last bigint)
       WHERE subject_id = given."subjectId" AND position BETWEEN given.first AND given.last
         AND personal IS NOT NULL`,
      [JSON.stringify(named)],
    )
    return { erased: count ?? 0, last: { xid: '0', key: last } }
  }
}

/** Erases the values of all rows about these licenses. The digest remains, so the chain does. */
export async function eraseAuditOf({ client }: Tx, licenseIds: readonly string[]): Promise<void> {
  await client.unsafe(
    `UPDATE audit SET personal = NULL, personal_salt = NULL
     WHERE subject_id = ANY($1::text::text[]) AND personal IS NOT NULL`,
    [formatArray(licenseIds)],
  )
}
