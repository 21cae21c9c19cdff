import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import { noUsage } from '~/domain/usage.ts'
import {
  openSampleDatabase,
  openSourceDatabase,
  openTargetDatabase,
} from '~/server/move/database.ts'
import {
  openSampleDirectory,
  openSourceDirectory,
  openTargetDirectory,
} from '~/server/move/directory.ts'
import { estimateMove } from '~/server/move/estimate.ts'
import { move, requireSecret } from '~/server/move/move.ts'
import { tables } from '~/server/move/tables.ts'
import { openPostgresStore } from '~/store/postgres/open.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { usagePath } from '~/usage/file.ts'
import { renderEvent } from '../../store/contract/stores.ts'
import { FixedClock } from '../../support/clock.ts'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { createId } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { createFilledDirectory, createScratchDatabase, LAST_NUMBER, SECRET } from './filled.ts'

const ROWS = 60
const LIMIT_MS = 120_000
const silent = () => undefined

const root = createScratchDirectory()
const directory = join(root, 'data')
setDefaultTimeout(LIMIT_MS)
beforeAll(async () => {
  await startDatabase()
  mkdirSync(directory)
  createFilledDirectory(directory, ROWS)
}, START_LIMIT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const newDirectory = () => join(root, crypto.randomUUID())

async function moveToDatabase(url: string) {
  await using source = openSourceDirectory(directory, tables)
  await using target = await openTargetDatabase({ url }, tables)
  return await move(source, target, silent)
}

async function moveToDirectory(url: string, target: string) {
  await using source = await openSourceDatabase({ url }, tables)
  await using opened = openTargetDirectory(target, tables)
  return await move(source, opened, silent)
}

/** Returns every row of every table that is moved, and the counters. */
function dump(path: string) {
  using db = new Database(databasePath(path), { readonly: true })
  db.run('ATTACH ? AS usage', [usagePath(path)])
  const rows = tables.map(({ name, sqlite }) => [
    name,
    db.query(`SELECT * FROM ${sqlite.source} ORDER BY 1, 2`).values(),
  ])
  const counters = db.query(
    "SELECT name, seq FROM sqlite_sequence WHERE name <> 'changes' ORDER BY name",
  )
  return { rows, counters: counters.values() }
}

const open = (url: string) =>
  openPostgresStore({
    url,
    secretCheck: SECRET,
    createId,
    renderEvent,
    clock: new FixedClock(),
    readCounters: async (ids) => new Map(ids.map((id) => [id, noUsage])),
    onError: silent,
  })

const query = async (url: string, statement: string) => {
  const client = new SQL({ url, max: 1 })
  const rows = await client.unsafe(statement).values()
  await client.close({ timeout: 1 })
  return [...rows]
}

test('move: PostgreSQL knows the sizes of its tables afterwards, so that no command reads all rows', async () => {
  await using database = await createScratchDatabase()
  await moveToDatabase(database.url)
  const sizes = `SELECT reltuples > 0 FROM pg_class WHERE relname IN ('licenses', 'events')`
  expect(await query(database.url, sizes)).toEqual([[true], [true]])
})

test('move: to PostgreSQL and back, every row of every table and every counter is the same', async () => {
  await using database = await createScratchDatabase()
  const back = newDirectory()
  const there = await moveToDatabase(database.url)
  const returned = await moveToDirectory(database.url, back)

  expect(there.rows).toBe(tables.length * ROWS + 1)
  expect(returned.rows).toBe(there.rows)
  expect(dump(back)).toEqual(dump(directory))
})

test('move: PostgreSQL continues the numbers and the audit where the data directory ended', async () => {
  await using database = await createScratchDatabase()
  await moveToDatabase(database.url)

  expect(await query(database.url, 'SELECT name, number FROM heads ORDER BY name')).toEqual([
    ['audit', `${LAST_NUMBER}`],
    ['revocations', `${LAST_NUMBER}`],
  ])
  const next = `SELECT nextval(pg_get_serial_sequence('events', 'position'))`
  expect(Number((await query(database.url, next))[0]?.[0])).toBeGreaterThan(LAST_NUMBER)
})

test('move: a move that is killed is continued, and until then no server starts on its target', async () => {
  await using database = await createScratchDatabase()
  const script = join(import.meta.dir, 'move-until-killed.ts')
  const killed = Bun.spawn([process.execPath, script, directory, database.url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await killed.exited

  expect(killed.signalCode).toBe('SIGKILL')
  const starting = open(database.url)
  expect(starting).rejects.toThrow('licet move has not finished')
  await starting.catch(silent)
  const { isResumed } = await moveToDatabase(database.url)
  expect(isResumed).toBe(true)
  const back = newDirectory()
  await moveToDirectory(database.url, back)
  expect(dump(back)).toEqual(dump(directory))
  const store = await open(database.url)
  await store.close()
})

test('move: a move does not continue once its source has changed', async () => {
  await using database = await createScratchDatabase()
  const changed = newDirectory()
  mkdirSync(changed)
  createFilledDirectory(changed, 3)
  const script = join(import.meta.dir, 'move-until-killed.ts')
  await Bun.spawn([process.execPath, script, changed, database.url], { stdout: 'ignore' }).exited
  await expect(moveToDatabase(database.url)).rejects.toThrow('the source has changed')
})

test('move: refuses a target that has rows, and a directory that has files', async () => {
  await using database = await createScratchDatabase()
  await moveToDatabase(database.url)
  await expect(moveToDatabase(database.url)).rejects.toThrow('The target is not empty')
  const used = newDirectory()
  mkdirSync(used)
  writeFileSync(join(used, 'licet.position'), '')
  await expect(moveToDirectory(database.url, used)).rejects.toThrow('contains licet.position')
})

test('move: refuses a source that a server is using', async () => {
  using lock = lockDirectory(directory, 'locked')
  expect(() => openSourceDirectory(directory, tables)).toThrow('A server is using')
  lock[Symbol.dispose]()
  await using database = await createScratchDatabase()
  await moveToDatabase(database.url)
  const beat = '(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint)'
  await query(database.url, `INSERT INTO nodes VALUES ('one', ${beat})`)
  const moving = moveToDirectory(database.url, newDirectory())
  await expect(moving).rejects.toThrow('1 server is using the database')
})

test('move: refuses another master secret', async () => {
  await using source = openSourceDirectory(directory, tables)
  await requireSecret(source, SECRET)
  await expect(requireSecret(source, 'other')).rejects.toThrow('a different master secret')
})

test('move: an estimate counts all rows, measures both directions, and leaves nothing behind', async () => {
  await using database = await createScratchDatabase()
  {
    await using source = openSourceDirectory(directory, tables)
    await using sample = await openSampleDatabase({ url: database.url }, tables)
    const estimates = await estimateMove(source, sample)
    expect(estimates.find(({ name }) => name === 'licenses')?.rows).toBe(ROWS)
    expect(estimates.every(({ bytes, seconds }) => bytes > 0 && seconds > 0)).toBe(true)
  }
  const count = `SELECT count(*)::int FROM pg_tables WHERE schemaname !~ '^pg_|^information'`
  expect(await query(database.url, count)).toEqual([[0]])
  await moveToDatabase(database.url)
  await using source = await openSourceDatabase({ url: database.url }, tables)
  await using sample = openSampleDirectory()
  expect(await estimateMove(source, sample)).toHaveLength(tables.length)
})
