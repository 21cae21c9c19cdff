import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createScratchDirectory } from '../../support/scratch.ts'
import { createCatalog, issue, readAllPages } from '../contract/stores.ts'
import { copyLicense } from './copy-license.ts'
import { openSqlite } from './open-store.ts'

/** More than a search collects before it scans instead. */
const COPIES = 10_001

test('search: the same results with very many matches as with few', async () => {
  const directory = createScratchDirectory()
  const store = openSqlite(directory)
  await createCatalog(store)
  await issue(store, { customerEmail: 'many@example.com' })
  copyLicense(directory, COPIES)
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
