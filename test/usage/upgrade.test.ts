import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { usagePath } from '~/usage/file.ts'
import { migrations } from '~/usage/migrations.ts'
import { prepareUsageFile } from '~/usage/prepare.ts'
import { formatRecord } from '~/usage/records.ts'
import { renameFormerFile } from '~/usage/upgrade.ts'
import { apply, firstPage, issueOne } from '../store/contract/stores.ts'
import { aDevice, aValidation, buildCreation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { openUsageIn } from './open-usage.ts'

const HOUR_MS = 3_600_000

let directory: string
let elsewhere: string
let licenseId: string
let deviceId: string

/** Creates a directory of version 0.1.0 with one license, one device and three validations. */
beforeEach(async () => {
  directory = createScratchDirectory()
  elsewhere = createScratchDirectory()
  const { store, close } = openUsageIn(directory)
  const snapshot = await issueOne(store)
  const device = aDevice(snapshot, 'machine')
  licenseId = snapshot.license.id
  deviceId = device.id
  await apply(store, licenseId, [buildCreation(device)])
  await close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(usagePath(directory) + suffix, { force: true })
  using db = new Database(join(elsewhere, 'history.sqlite'), { create: true, strict: true })
  db.run('PRAGMA journal_mode = WAL')
  migrate(db, migrations.slice(0, 1))
  db.run('INSERT INTO licenses VALUES (1, ?, 3, ?)', [licenseId, startMs])
  db.run('INSERT INTO groups VALUES (0, 1)')
  db.run('INSERT INTO sightings VALUES (?, ?)', [deviceId, startMs + HOUR_MS])
  // Copied while it is open, so that everything is still in the log, as after a kill.
  for (const name of ['history.sqlite', 'history.sqlite-wal']) {
    copyFileSync(join(elsewhere, name), join(directory, name))
  }
})
afterEach(() => {
  rmSync(directory, { recursive: true })
  rmSync(elsewhere, { recursive: true })
})

const journalPath = (number: number) => join(directory, `history-${number}.journal`)

function writeJournal(number: number, ...entries: string[]): void {
  writeFileSync(journalPath(number), entries.map((entry) => `\n${entry}`).join(''))
}

/** Returns a journal entry with a validation of the device at each time. */
function entryOf(...timesMs: number[]): string {
  const activationIds = [deviceId]
  const kept = timesMs.map((atMs) => ({ ...aValidation({ licenseId, atMs }), activationIds }))
  return JSON.stringify({ kept, counted: [], sightings: [] })
}

/** Opens the directory, and returns the counters of the license and when its device was last seen. */
async function readAfterUpgrade() {
  await using opened = openUsageIn(directory)
  const [count, lastAtMs] = (await opened.countersOf(licenseId)) ?? []
  const { data } = await opened.store.activations.list(licenseId, firstPage)
  return { count, lastAtMs, lastSeenAtMs: data[0]?.lastSeenAtMs }
}

test('upgrade from 0.1.0: counters and last-seen times of history.sqlite are kept', async () => {
  const expected = { count: 3, lastAtMs: startMs, lastSeenAtMs: startMs + HOUR_MS }
  expect(await readAfterUpgrade()).toEqual(expected)
  expect(await readAfterUpgrade()).toEqual(expected)
  expect(existsSync(join(directory, 'history.sqlite'))).toBe(false)
})

test('upgrade from 0.1.0: batches in journals are imported once, and a written one is skipped', async () => {
  const later = startMs + 2 * HOUR_MS
  writeJournal(1, entryOf(startMs))
  writeJournal(2, entryOf(later), entryOf(later + 1, later + 2))
  const expected = { count: 6, lastAtMs: later + 2, lastSeenAtMs: later + 2 }
  expect(await readAfterUpgrade()).toEqual(expected)
  expect(readdirSync(directory).filter((name) => name.endsWith('.journal'))).toEqual([])
  writeJournal(2, entryOf(later))
  expect(await readAfterUpgrade()).toEqual(expected)
})

test('upgrade from 0.1.0: a journal entry that was cut off is skipped, and those after it are not', async () => {
  const cut = entryOf(startMs + 1).slice(0, -20)
  writeJournal(2, entryOf(startMs), cut, entryOf(startMs + 2), cut)
  expect(await readAfterUpgrade()).toMatchObject({ count: 5 })
})

test('upgrade from 0.1.0: times of activations that were seen without a validation are kept', async () => {
  const sightings = [{ activationIds: [deviceId], atMs: startMs + 3 * HOUR_MS }]
  writeJournal(2, JSON.stringify({ kept: [], counted: [], sightings }))
  expect(await readAfterUpgrade()).toMatchObject({ count: 3, lastSeenAtMs: startMs + 3 * HOUR_MS })
})

test('upgrade from 0.1.0: it continues after an interruption that followed the renaming', async () => {
  renameFormerFile(directory, () => undefined)
  writeJournal(2, entryOf(startMs + 1))
  expect(await readAfterUpgrade()).toMatchObject({ count: 4, lastSeenAtMs: startMs + HOUR_MS })
})

test('upgrade from 0.1.0: nothing changes while a server of that version may have it open', async () => {
  writeJournal(2, entryOf(startMs))
  const refuse = () => {
    throw new Error('in use')
  }
  const options = {
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
    beforeMigrating: refuse,
  }
  const before = readdirSync(directory).sort()
  expect(() => prepareUsageFile(options)).toThrow('in use')
  expect(readdirSync(directory).sort()).toEqual(before)
  expect(await readAfterUpgrade()).toMatchObject({ count: 4 })
  // Afterwards there is nothing left to upgrade, so commands can run beside a server.
  expect(() => prepareUsageFile(options)).not.toThrow()
})

test('upgrade: batches that a version without shards has staged are counted at once', async () => {
  await openUsageIn(directory).close()
  const records = Array.from({ length: 700 }, (_, index) =>
    formatRecord(aValidation({ licenseId, atMs: startMs, version: `${index % 650}` })),
  )
  using db = new Database(usagePath(directory))
  db.run('INSERT INTO staged_batches VALUES (4, ?), (5, ?)', [
    records.join('\n'),
    formatRecord(aValidation({ licenseId, atMs: startMs + 1, version: '0' })),
  ])
  db.run('UPDATE batches SET number = 5')
  await using opened = openUsageIn(directory)
  expect(await opened.countersOf(licenseId)).toEqual([704, startMs + 1])
  const range = { fromMs: 0, toMs: startMs + HOUR_MS }
  const { data } = await opened.usage.list(licenseId, range, { limit: 1000, after: null })
  expect(data).toHaveLength(650)
  expect(data.reduce((sum, { count }) => sum + count, 0)).toBe(701)
  expect(await opened.countersOf(licenseId)).toEqual([704, startMs + 1])
})
