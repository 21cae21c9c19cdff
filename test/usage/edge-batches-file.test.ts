import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { HOUR_MS } from '~/domain/times.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { copyCountersToBackup } from '~/usage/backup-counters.ts'
import { usagePath } from '~/usage/file.ts'
import { firstPage, issueOne } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { type OpenedUsage, openUsageIn } from './open-usage.ts'
import { aBatch, counted, createProbes } from './probes.ts'

let directory: string
let opened: OpenedUsage
beforeEach(() => {
  directory = createScratchDirectory()
  opened = openUsageIn(directory)
})
afterEach(async () => {
  await opened.close()
  rmSync(directory, { recursive: true })
})

async function reopen(): Promise<void> {
  await opened.close()
  opened = openUsageIn(directory)
}

const { send, countOf, lastOf, summaryOf } = createProbes(() => opened)

/** Returns so many validations that they are staged. */
const many = (atMs = startMs) =>
  Array.from({ length: 700 }, (_, index) => counted({ version: `${index}`, atMs }))

test('edge batches: staged ones are counted at once, after a restart, and once folded', async () => {
  opened.usage.record(aValidation({ atMs: startMs }))
  await opened.usage.flush()
  await send(1, ...many(startMs - 2 * HOUR_MS))
  await send(2, ...many(startMs - 2 * HOUR_MS))
  const expectAll = async () => {
    expect([await countOf('lic_a'), await lastOf('lic_a')]).toEqual([1401, startMs])
  }
  await expectAll()
  await reopen()
  using db = new Database(usagePath(directory), { readonly: true })
  expect(db.query('SELECT count(*) AS count FROM staged').get()).not.toEqual({ count: 0 })
  await expectAll()
  await send(2, ...many(startMs - 2 * HOUR_MS))
  await expectAll()
  expect((await summaryOf('lic_a')).valid).toBe(1)
  const yesterday = { fromMs: 0, toMs: startMs }
  const { data } = await opened.usage.list('lic_a', yesterday, { limit: 1000, after: null })
  expect(data).toHaveLength(700)
  expect(data.every(({ count }) => count === 2)).toBe(true)
  await expectAll()
})

test('edge batches: one is refused while the file cannot be written, and counts once afterwards', async () => {
  await send(1, counted())
  const lock = new Database(usagePath(directory))
  lock.run('BEGIN IMMEDIATE')
  for (const _ of [1, 2]) {
    const outcome = await send(2, counted()).catch((error) => error.kind)
    expect(outcome).toBe('unavailable')
  }
  lock.run('ROLLBACK')
  lock.close()
  await send(2, counted())
  expect(await countOf('lic_a')).toBe(2)
  expect((await summaryOf('lic_a')).valid).toBe(2)
})

test('edge batches: a server restored from a backup knows those that its counters include', async () => {
  const { license } = await issueOne(opened.store)
  const facts = { licenseId: license.id, fingerprint: 'machine' }
  await send(3, counted({ ...facts, count: 5 }))
  await opened.usage.erase([license.id], startMs)
  const elsewhere = createScratchDirectory()
  copyDatabase(databasePath(directory), databasePath(elsewhere))
  expect(copyCountersToBackup(databasePath(elsewhere), usagePath(directory))).toBeNull()
  await using restored = openUsageIn(elsewhere)
  // The response to this one was lost.
  await restored.usage.recordEdgeBatch(aBatch(3), [counted({ ...facts, count: 5 })])
  expect(await restored.countersOf(license.id)).toEqual([5, startMs])
  await restored.usage.recordEdgeBatch(aBatch(4), [counted({ ...facts, count: 2 })])
  expect(await restored.countersOf(license.id)).toEqual([7, startMs])
  const range = { fromMs: 0, toMs: startMs + 1 }
  const { data } = await restored.usage.list(license.id, range, firstPage)
  expect(data).toMatchObject([{ count: 2, fingerprint: null }])
})

test('edge batches: after the usage file was replaced by an older copy, none counts twice', async () => {
  await send(1, counted())
  await opened.close()
  const copy = `${usagePath(directory)}.copy`
  copyDatabase(usagePath(directory), copy)
  opened = openUsageIn(directory)
  await send(2, counted())
  await opened.close()
  for (const suffix of ['-wal', '-shm']) rmSync(usagePath(directory) + suffix, { force: true })
  renameSync(copy, usagePath(directory))
  opened = openUsageIn(directory)
  for (const number of [1, 2, 3]) await send(number, counted())
  expect(await countOf('lic_a')).toBe(3)
  expect((await summaryOf('lic_a')).valid).toBe(3)
})

test('edge batches: a new usage file knows those of a damaged one, as far as it can be read', async () => {
  await send(1, counted({ count: 4, version: 'of a damaged page' }))
  await opened.close()
  const bytes = readFileSync(usagePath(directory))
  const page = Math.floor(bytes.indexOf('of a damaged page') / 4096) * 4096
  writeFileSync(usagePath(directory), bytes.fill('damaged ', page, page + 4096))
  opened = openUsageIn(directory)
  expect(opened.usage.listDegradations()).toMatchObject([{ reason: 'usage_set_aside' }])
  expect(await countOf('lic_a')).toBe(4)
  await send(1, counted({ count: 4 }))
  expect(await countOf('lic_a')).toBe(4)
})
