import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createScratchDirectory } from '../../support/scratch.ts'
import { createCatalog, issue, readAllPages } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

/** More than a search collects before it scans instead. */
const COPIES = 10_001

test('search: the same results with very many matches as with few', async () => {
  const directory = createScratchDirectory()
  const store = openSqlite(directory)
  await createCatalog(store)
  await issue(store, { customerEmail: 'many@example.com' })
  multiply(directory)
  await issue(store, { customerEmail: 'zoe@example.com' }, { customerName: 'Many, Zoe' })
  const search = 'man'
  const { data } = await store.licenses.list({ search }, { limit: 3, after: null })
  expect(data.map(({ license }) => license.customerName)).toEqual(['Many, Zoe', null, null])
  const filter = { search, planSlug: 'professional' }
  const all = await readAllPages((page) => store.licenses.list(filter, page), 5000)
  expect(all).toHaveLength(COPIES + 2)
  expect(new Set(all.map(({ license }) => license.id)).size).toBe(COPIES + 2)
  await store.close()
  rmSync(directory, { recursive: true })
})

/** Copies the only license, with new ids and keys. */
function multiply(directory: string): void {
  const db = new Database(join(directory, 'licet.sqlite'), { strict: true })
  const columns = db
    .query<{ name: string }, []>("SELECT name FROM pragma_table_info('licenses')")
    .all()
    .map(({ name }) => name)
  const values = columns.map((name) =>
    name === 'id' || name === 'key_hash' ? `${name} || printf('%05d', n)` : name,
  )
  db.run(
    `WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?)
     INSERT INTO licenses (${columns}) SELECT ${values} FROM licenses, copies`,
    [COPIES],
  )
  db.close()
}
