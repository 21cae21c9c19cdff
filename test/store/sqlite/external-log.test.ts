import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync, statSync, truncateSync } from 'node:fs'
import { startActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { openSqlite } from './open-store.ts'

const GROWING_BYTES = 268_435_457

let directory: string
beforeEach(() => {
  directory = createScratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

const logPath = () => `${databasePath(directory)}-wal`

/** Returns how many pages are in the log, and how many of them are in the database as well. */
function measureLog() {
  using db = new Database(databasePath(directory), { readonly: true })
  return db.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)').get()
}

async function write(store: ReturnType<typeof openSqlite>): Promise<void> {
  const change = { before: null, after: { text: 'x'.repeat(6_000_000) }, personal: null }
  const action = { action: 'test', subjectId: 'test', change }
  await store.audit.record(action, null, buildOwnContext(startActor, Date.now()))
}

test('external log: neither commits nor jobs nor the end of the server move it into the database', async () => {
  const store = openSqlite(directory, { isLogExternal: true })
  await write(store)
  await store.maintenance.truncateLog()
  await write(store)
  const grown = measureLog()
  expect(grown?.log).toBeGreaterThan(2000)
  expect(grown?.checkpointed).toBe(0)
  await store.close()
  expect(statSync(logPath()).size).toBeGreaterThan(12_000_000)
})

test('external log: otherwise, the job moves it', async () => {
  const store = openSqlite(directory)
  await write(store)
  await store.maintenance.truncateLog()
  expect(statSync(logPath()).size).toBe(0)
  await store.close()
})

test('external log: one that nothing moves is reported', async () => {
  const store = openSqlite(directory, { isLogExternal: true })
  expect(store.listDegradations()).toEqual([])
  truncateSync(logPath(), GROWING_BYTES)
  expect(store.listDegradations()).toMatchObject([{ reason: 'log_growing' }])
  await store.close()
})
