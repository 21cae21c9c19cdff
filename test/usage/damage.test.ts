import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { usagePath } from '~/usage/file.ts'
import { listSetAside } from '~/usage/set-aside.ts'
import { firstPage, issueOne, touch } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { type OpenedUsage, openUsageIn } from './open-usage.ts'

let directory: string
let path: string
let licenseId: string

/** Creates a usage file in which one license has two validations. */
beforeEach(async () => {
  directory = createScratchDirectory()
  path = usagePath(directory)
  await using opened = openUsageIn(directory)
  licenseId = (await issueOne(opened.store)).license.id
  for (const atMs of [startMs, startMs + 1]) opened.usage.record(aValidation({ licenseId, atMs }))
})
afterEach(() => rmSync(directory, { recursive: true }))

const everything = { fromMs: 0, toMs: startMs + 1000 }
const reasonsOf = ({ usage }: OpenedUsage) => usage.listDegradations().map(({ reason }) => reason)

/** Overwrites pages of the file with text that SQLite cannot read. */
function overwrite(first: number, pages: number): void {
  const bytes = readFileSync(path)
  bytes.fill('damaged ', first * 4096, (first + pages) * 4096)
  writeFileSync(path, bytes)
}

const damages: Readonly<Record<string, () => void>> = {
  'has text instead of its header': () => overwrite(0, 1),
  'has text instead of most pages': () => overwrite(1, 7),
  'was truncated in the middle': () => truncateSync(path, 3 * 4096),
  'was truncated in a page': () => truncateSync(path, statSync(path).size - 5000),
  'is empty': () => truncateSync(path, 0),
  'is a directory': () => {
    rmSync(path)
    mkdirSync(path)
    writeFileSync(`${path}/file`, '')
  },
  'is a pipe': () => {
    rmSync(path)
    Bun.spawnSync(['mkfifo', path])
  },
  'was written by a newer version': () => {
    using db = new Database(path)
    db.run("INSERT INTO migrations VALUES ('9999_newer', 'hash')")
  },
  'is missing, while its log is there': () => {
    rmSync(path)
    writeFileSync(`${path}-wal`, 'a log')
  },
}

for (const [name, damage] of Object.entries(damages)) {
  test(`usage: a file that ${name} is set aside at start, and licenses stay usable`, async () => {
    damage()
    const before = statSync(path, { throwIfNoEntry: false })?.ino
    await using opened = openUsageIn(directory)
    const [kept, ...others] = listSetAside(directory)
    expect(others).toEqual([])
    expect(statSync(kept ?? '', { throwIfNoEntry: false })?.ino).toBe(before)
    expect(reasonsOf(opened)).toEqual(['usage_set_aside'])

    await touch(opened.store, licenseId)
    const [count] = (await opened.countersOf(licenseId)) ?? []
    opened.usage.record(aValidation({ licenseId, atMs: startMs + 2 }))
    await opened.usage.flush()
    expect(await opened.countersOf(licenseId)).toEqual([(count ?? 0) + 1, startMs + 2])
    const { data } = await opened.usage.list(licenseId, everything, firstPage)
    expect(data.map(({ atMs }) => atMs)).toEqual([startMs + 2])
  })
}

test('usage: counters that can still be read in a damaged file are kept', async () => {
  using db = new Database(path)
  const [page] =
    db.query("SELECT rootpage FROM sqlite_schema WHERE name = 'rollups'").values()[0] ?? []
  db.close()
  overwrite(Number(page) - 1, 1)
  await using opened = openUsageIn(directory)
  expect(reasonsOf(opened)).toEqual(['usage_set_aside'])
  expect(await opened.countersOf(licenseId)).toEqual([2, startMs + 1])
})

test('usage: a file that was set aside is reported until it is moved out of the directory', async () => {
  truncateSync(path, 0)
  await openUsageIn(directory).close()
  await using opened = openUsageIn(directory)
  expect(reasonsOf(opened)).toEqual(['usage_set_aside'])
  for (const kept of listSetAside(directory)) rmSync(kept)
  expect(reasonsOf(opened)).toEqual([])
})

test('usage: damage that is found while running sets the file aside, and the batch is written', async () => {
  await using opened = openUsageIn(directory)
  overwrite(1, 7)
  opened.usage.record(aValidation({ licenseId, atMs: startMs + 2 }))
  await opened.usage.flush().catch(() => undefined)
  await opened.usage.flush()
  expect(reasonsOf(opened)).toEqual(['usage_set_aside'])
  const { data } = await opened.usage.list(licenseId, everything, firstPage)
  expect(data.map(({ atMs }) => atMs)).toEqual([startMs + 2])
})

for (const removal of ['deleted', 'moved'] as const) {
  test(`usage: a file that is ${removal} while running is written again, with everything`, async () => {
    const opened = openUsageIn(directory)
    opened.usage.record(aValidation({ licenseId, atMs: startMs + 2 }))
    await opened.usage.flush()
    if (removal === 'moved') renameSync(path, `${directory}/elsewhere`)
    else rmSync(path)
    opened.usage.record(aValidation({ licenseId, atMs: startMs + 3 }))
    await opened.usage.flush()
    expect(existsSync(path)).toBe(true)
    expect(await opened.countersOf(licenseId)).toEqual([4, startMs + 3])
    await opened.close()
    await using again = openUsageIn(directory)
    expect(reasonsOf(again)).toEqual([])
    expect(await again.countersOf(licenseId)).toEqual([4, startMs + 3])
  })
}

/** Locks the file so that nothing else can even read it, until the connection is closed. */
function lockFile(): Database {
  const db = new Database(path)
  db.run('PRAGMA locking_mode = EXCLUSIVE')
  db.run('BEGIN EXCLUSIVE')
  db.run('UPDATE batches SET number = number')
  return db
}

test('usage: a file that is locked delays neither the start nor any license, and is used once it is free', async () => {
  const lock = lockFile()
  let startedAtMs = performance.now()
  await using opened = openUsageIn(directory)
  expect(performance.now() - startedAtMs).toBeLessThan(5000)
  expect(reasonsOf(opened)).toEqual(['usage_unavailable'])
  opened.usage.record(aValidation({ licenseId, atMs: startMs + 2 }))
  const durationsMs: number[] = []
  for (let attempt = 0; attempt < 5; attempt += 1) {
    startedAtMs = performance.now()
    await touch(opened.store, licenseId)
    expect(await opened.countersOf(licenseId)).toEqual([1, startMs + 2])
    durationsMs.push(performance.now() - startedAtMs)
  }
  // A wait for the lock would delay each of them, a busy machine only some.
  expect(Math.min(...durationsMs)).toBeLessThan(500)
  lock.run('ROLLBACK')
  lock.close()
  await opened.usage.flush()
  expect(reasonsOf(opened)).toEqual([])
  const deadlineMs = performance.now() + 20_000
  const countNow = async () => (await opened.countersOf(licenseId))?.[0]
  while ((await countNow()) !== 3 && performance.now() < deadlineMs) await Bun.sleep(50)
  expect(await opened.countersOf(licenseId)).toEqual([3, startMs + 2])
})

test('usage: while the file cannot be read, the counters that were read last are shown', async () => {
  await using opened = openUsageIn(directory)
  expect(await opened.countersOf(licenseId)).toEqual([2, startMs + 1])
  using db = new Database(path)
  db.run('ALTER TABLE licenses RENAME TO lost')
  opened.usage.record(aValidation({ licenseId, atMs: startMs + 2 }))
  expect(await opened.countersOf(licenseId)).toEqual([3, startMs + 2])
  db.run('ALTER TABLE lost RENAME TO licenses')
})

test('usage: no reader waits more than two seconds for a locked file, nor for the readers before it', async () => {
  await using opened = openUsageIn(directory)
  await opened.usage.flush()
  opened.usage.record(aValidation({ licenseId }))
  using lock = lockFile()
  const startedAtMs = performance.now()
  const readers = Array.from({ length: 5 }, () =>
    opened.usage.list(licenseId, everything, firstPage).then(
      () => 'read',
      (error) => error.kind,
    ),
  )
  const results = await Promise.all(readers)
  // One after the other, they would take five times as long.
  expect(performance.now() - startedAtMs).toBeLessThan(8000)
  expect(results.every((result) => result === 'unavailable')).toBe(true)
  lock.run('ROLLBACK')
})
