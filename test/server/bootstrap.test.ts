import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Deps } from '~/deps.ts'
import { createDefaultProduct, prepareAdminKey, prepareDatabase } from '~/server/bootstrap.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestDeps } from '../support/deps.ts'
import { openSecondApp } from '../support/second-app.ts'

const page = { limit: 10, after: null }

/** Empties what the first start creates. */
function emptyDatabase(directory: string): void {
  using db = new Database(databasePath(directory))
  for (const table of ['plans', 'products', 'signing_keys']) db.run(`DELETE FROM ${table}`)
}

/** Two servers that share a new database. */
function shareDatabase(...servers: readonly Deps[]): Deps[] {
  return servers.map((deps) => ({ ...deps, store: { ...deps.store, isShared: true } }))
}

test('first start: of servers that start at the same time, one creates the product and the admin key', async () => {
  await using opened = await openTestDeps()
  await using second = await openSecondApp(opened)
  emptyDatabase(opened.directory)
  const servers = shareDatabase(opened.deps, second.deps)
  const starts = await Promise.all(
    servers.map((deps) => prepareDatabase(deps, () => prepareAdminKey(deps, null, true))),
  )
  expect(starts.map(({ isFirstStart }) => isFirstStart).toSorted()).toEqual([false, true])
  expect(starts.map(({ adminKey }) => adminKey.kind).toSorted()).toEqual(['printed', 'unknown'])
  for (const { store } of servers) {
    expect((await store.products.list(page)).data).toHaveLength(1)
    expect((await store.apiKeys.list(page)).data).toHaveLength(1)
    expect(await store.signingKeys.list()).toHaveLength(2)
  }
})

test('first start: servers that start again with the same admin token write no API key', async () => {
  await using opened = await openTestDeps()
  await using second = await openSecondApp(opened)
  const token = 'the-admin-token-of-all-servers'
  const servers = shareDatabase(opened.deps, second.deps)
  const start = (deps: Deps) => prepareDatabase(deps, () => prepareAdminKey(deps, token, false))
  await Promise.all(servers.map(start))
  const { data } = await opened.deps.store.apiKeys.list(page)
  expect(data).toMatchObject([{ isReserved: true }])
  for (const deps of servers) {
    await start(deps)
    expect((await deps.store.apiKeys.list(page)).data).toEqual(data)
  }
})

test('first start: a database that has a product is not new', async () => {
  await using opened = await openTestDeps()
  expect(await createDefaultProduct(opened.deps)).toBe(false)
  expect((await opened.deps.store.products.list(page)).data).toHaveLength(1)
})
