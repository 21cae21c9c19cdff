import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createWriteAheadLog } from '~/store/sqlite/write-ahead-log.ts'
import { createScratchDirectory } from '../../support/scratch.ts'

let directory: string
let path: string
let db: Database

beforeEach(() => {
  directory = createScratchDirectory()
  path = join(directory, 'test.sqlite')
  db = new Database(path, { create: true, strict: true })
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA wal_autocheckpoint = 0')
  db.run('CREATE TABLE notes (bytes BLOB) STRICT')
})
afterEach(() => {
  db.close()
  rmSync(directory, { recursive: true })
})

const fail = (error: unknown) => {
  throw error
}
const write = (bytes: number) => db.run('INSERT INTO notes VALUES (zeroblob(?))', [bytes])
const countPagesLeft = () => {
  const { log, checkpointed } = db
    .query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)')
    .get() ?? { log: 0, checkpointed: 0 }
  return log - checkpointed
}

test('write-ahead log: a long one is moved into the database by another thread, a short one stays', async () => {
  const log = createWriteAheadLog(db, path, { isInPlace: () => true, onError: fail })
  write(1_000_000)
  await log.foldIfLong()
  expect(countPagesLeft()).toBeGreaterThan(0)
  write(20_000_000)
  const folded = log.foldIfLong()
  expect(countPagesLeft()).toBeGreaterThan(0)
  await folded
  expect(countPagesLeft()).toBe(0)
  expect(Bun.file(path).size).toBeGreaterThan(20_000_000)
  await log.close()
})

test('write-ahead log: it can be closed while it is long and about to be moved', async () => {
  const log = createWriteAheadLog(db, path, { isInPlace: () => true, onError: fail })
  write(20_000_000)
  const folded = log.foldIfLong()
  await log.sync()
  await log.close()
  await folded
})

test('write-ahead log: a failure is reported, and the log is moved the next time', async () => {
  const errors: unknown[] = []
  const log = createWriteAheadLog(db, path, {
    isInPlace: () => true,
    onError: (error) => errors.push(error),
  })
  write(20_000_000)
  renameSync(path, `${path}.elsewhere`)
  await log.foldIfLong()
  expect(errors).toHaveLength(1)
  renameSync(`${path}.elsewhere`, path)
  await log.foldIfLong()
  expect(errors).toHaveLength(1)
  expect(countPagesLeft()).toBe(0)
  await log.close()
})

test('write-ahead log: it stays where it is once the database is no longer at its path', async () => {
  const log = createWriteAheadLog(db, path, { isInPlace: () => false, onError: fail })
  write(20_000_000)
  await log.foldIfLong()
  expect(countPagesLeft()).toBeGreaterThan(0)
  await log.close()
})
