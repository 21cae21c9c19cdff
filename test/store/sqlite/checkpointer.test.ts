import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp } from '../../support/app.ts'

const PAGE_BYTES = 4096

test('a checkpoint brings what was committed into the database, and is no commit itself', async () => {
  await using app = await openTestApp()
  const { store } = app.deps
  const path = databasePath(app.directory)
  const before = statSync(path).size
  const order = { plan: 'starter', customer_email: 'dev@example.com', quantity: 1000 }
  await app.send('POST', '/api/v1/licenses', order)
  await store.flush()
  expect(statSync(path).size).toBe(before)
  using neighbour = new Database(path)
  const versionSeen = () => neighbour.query('PRAGMA data_version').get()
  const version = versionSeen()

  const pages = await store.checkpoint()
  expect(pages).toBeGreaterThan(100)
  expect(statSync(path).size).toBeGreaterThan(before + 100 * PAGE_BYTES)
  expect(await store.checkpoint()).toBe(0)
  expect(versionSeen()).toEqual(version)
})
