import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { License } from '~/domain/licenses.ts'
import { listSearchWords, type Searched } from '~/domain/search-words.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { equals } from './parameters.ts'
import { prepareInsert } from './rows.ts'
import { licenses, meta, searchWords } from './schema.ts'
import { TEXT_FORM } from './stored-texts.ts'

const META_NAME = 'search_words'
/** Increase it when `listSearchWords` returns other words. */
const WORDS_FORM = '1'
/** Licenses per transaction, so that the log stays small and an interruption loses little. */
const STEP_LICENSES = 10_000

type Statements = Pick<Engine['statements'], 'searchWords'>

export function prepareSearchWords(db: Db) {
  const { customerEmail, customerName, externalRef } = licenses
  return {
    searched: db
      .select({ customerEmail, customerName, externalRef })
      .from(licenses)
      .where(equals(licenses.id, 'id'))
      .prepare(),
    insert: prepareInsert(db, searchWords, ['word', 'licenseId'], 'ON CONFLICT DO NOTHING'),
    delete: db
      .delete(searchWords)
      .where(and(equals(searchWords.word, 'word'), equals(searchWords.licenseId, 'id')))
      .prepare(),
  }
}

export function addSearchWords({ searchWords }: Statements, license: Searched & { id: string }) {
  for (const word of listSearchWords(license)) searchWords.insert({ word, licenseId: license.id })
}

/** Called before a license is updated, because what it was tells which words to delete. */
export function replaceSearchWords(
  { searchWords }: Statements,
  id: string,
  set: Partial<License>,
): void {
  if (!('customerEmail' in set || 'customerName' in set || 'externalRef' in set)) return
  const former = searchWords.searched.get({ id })
  if (former === undefined) return
  const words = new Set(listSearchWords({ ...former, ...set }))
  const formerWords = new Set(listSearchWords(former))
  for (const word of formerWords.difference(words)) searchWords.delete.run({ id, word })
  for (const word of words.difference(formerWords)) searchWords.insert({ word, licenseId: id })
}

/**
 * Writes the words of licenses that an earlier version stored, once after an upgrade. It continues
 * after an interruption.
 */
export function indexSearchWords(db: Db): void {
  const done = `${TEXT_FORM}.${WORDS_FORM}`
  const isName = eq(meta.name, META_NAME)
  const [form, next] = db.select().from(meta).where(isName).get()?.value.split(' ') ?? []
  if (form === done && next === undefined) return
  if (form !== done) db.delete(searchWords).run()
  let after: string | undefined = form === done ? (next ?? '') : ''
  while (after !== undefined) {
    const from: string = after
    after = db.transaction(
      (tx) => {
        const last = indexNext(tx, from)
        const row = { name: META_NAME, value: last === undefined ? done : `${done} ${last}` }
        tx.insert(meta).values(row).onConflictDoUpdate({ target: meta.name, set: row }).run()
        return last
      },
      { behavior: 'immediate' },
    )
  }
}

/** Returns the id of the last license, or undefined after the last step. */
function indexNext(db: Pick<Db, 'select' | 'run'>, after: string): string | undefined {
  const { id, customerEmail, customerName, externalRef } = licenses
  const rows = db
    .select({ id, customerEmail, customerName, externalRef })
    .from(licenses)
    .where(gt(id, after))
    .orderBy(asc(id))
    .limit(STEP_LICENSES)
    .all()
  const words = rows.flatMap((row) => listSearchWords(row).map((word) => [word, row.id]))
  // In the order of the index, so that its pages are written once.
  db.run(sql`
    INSERT OR IGNORE INTO search_words SELECT value ->> 0, value ->> 1
    FROM json_each(${JSON.stringify(words)}) ORDER BY 1, 2`)
  return rows.length < STEP_LICENSES ? undefined : rows.at(-1)?.id
}
