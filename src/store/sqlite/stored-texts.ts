import { eq, sql } from 'drizzle-orm'
import { foldEmail, normalizeEmail } from '~/domain/emails.ts'
import { foldText } from '~/domain/text.ts'
import type { Db } from './connection.ts'
import { licenses, meta } from './schema.ts'

const META_NAME = 'text_form'
/** Increase it when a function of `domain/` that returns a stored form returns another one. */
export const TEXT_FORM = '1'

/**
 * Brings the texts of licenses into the form of this version, once after an upgrade: addresses and
 * references as they are compared, names as they are searched.
 */
export function updateStoredTexts(db: Db): void {
  const isName = eq(meta.name, META_NAME)
  if (db.select().from(meta).where(isName).get()?.value === TEXT_FORM) return
  db.transaction(
    (tx) => {
      for (const id of selectUnusualIds(tx)) updateTexts(tx, id)
      const row = { name: META_NAME, value: TEXT_FORM }
      tx.insert(meta).values(row).onConflictDoUpdate({ target: meta.name, set: row }).run()
    },
    { behavior: 'immediate' },
  )
}

type Tx = Pick<Db, 'all' | 'select' | 'update'>

/** Reads three indexes. Most texts are ASCII without blanks at the ends, so their form is the same. */
function selectUnusualIds(db: Tx): readonly string[] {
  const rows = db.all<{ id: string }>(sql`
    SELECT id FROM licenses WHERE customer_email GLOB '*[^!-~]*'
      OR customer_email LIKE '%xn--%' OR customer_email LIKE '%.'
    UNION SELECT id FROM licenses WHERE customer_name_folded GLOB '*[^ -~]*'
      OR customer_name_folded GLOB ' *' OR customer_name_folded GLOB '* '
      OR customer_name_folded GLOB '*  *'
    UNION SELECT id FROM licenses WHERE external_ref GLOB '*[^ -~]*'
      OR external_ref GLOB ' *' OR external_ref GLOB '* '`)
  return rows.map(({ id }) => id)
}

function updateTexts(db: Tx, id: string): void {
  const isLicense = eq(licenses.id, id)
  const license = db.select().from(licenses).where(isLicense).get()
  if (license === undefined) return
  const { customerEmail: email, customerName, externalRef } = license
  const customerEmail = email && (normalizeEmail(email) ?? email)
  db.update(licenses)
    .set({
      customerEmail,
      customerEmailFolded: customerEmail && foldEmail(customerEmail),
      customerNameFolded: customerName && foldText(customerName),
      externalRef: externalRef?.trim() || externalRef,
    })
    .where(isLicense)
    .run()
}
