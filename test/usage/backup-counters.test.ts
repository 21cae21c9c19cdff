import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { forgetPosition } from '~/store/sqlite/files/position.ts'
import { copyCountersToBackup } from '~/usage/backup-counters.ts'
import { usagePath } from '~/usage/file.ts'
import { issueOne } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { type OpenedUsage, openUsageIn } from './open-usage.ts'

let directory: string
beforeEach(() => {
  directory = createScratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

function validate({ usage }: OpenedUsage, licenseId: string, ...timesMs: number[]): void {
  for (const atMs of timesMs) usage.record(aValidation({ licenseId, atMs }))
}

test('backup: a server restored from it continues with the counters of the usage file', async () => {
  const opened = openUsageIn(directory)
  const { license } = await issueOne(opened.store)
  validate(opened, license.id, startMs + 1, startMs + 2, startMs + 3)
  await opened.close()

  const elsewhere = createScratchDirectory()
  copyDatabase(databasePath(directory), databasePath(elsewhere))
  copyCountersToBackup(databasePath(elsewhere), usagePath(directory))
  const restored = openUsageIn(elsewhere)
  expect(await restored.countersOf(license.id)).toEqual([3, startMs + 3])
  validate(restored, license.id, startMs + 4)
  await restored.usage.flush()
  expect(await restored.countersOf(license.id)).toEqual([4, startMs + 4])
  await restored.close()
  rmSync(elsewhere, { recursive: true })
})

test.each(['running', 'stopped'])(
  'backup: one of a %s server has the counters of staged validations too',
  async (state) => {
    const opened = openUsageIn(directory)
    const { license } = await issueOne(opened.store)
    validate(opened, license.id, startMs)
    await opened.usage.flush()
    for (let index = 1; index < 900; index += 1) {
      const atMs = startMs + index
      opened.usage.record(aValidation({ licenseId: license.id, version: `${index}`, atMs }))
    }
    await opened.usage.flush()
    if (state === 'stopped') await opened.close()
    const elsewhere = createScratchDirectory()
    copyDatabase(databasePath(directory), databasePath(elsewhere))
    expect(copyCountersToBackup(databasePath(elsewhere), usagePath(directory))).toBeNull()
    const restored = openUsageIn(elsewhere)
    expect(await restored.countersOf(license.id)).toEqual([900, startMs + 899])
    await restored.close()
    if (state === 'running') await opened.close()
    rmSync(elsewhere, { recursive: true })
  },
)

test.each(['older', 'newer'])(
  'backup: counters of one that is %s than the usage file never lower its counters',
  async (age) => {
    const opened = openUsageIn(directory)
    const { license } = await issueOne(opened.store)
    validate(opened, license.id, ...Array(5).fill(startMs))
    await opened.usage.flush()
    const copy = join(createScratchDirectory(), 'copy.sqlite')
    copyDatabase(databasePath(directory), copy)
    copyCountersToBackup(copy, usagePath(directory))
    if (age === 'older') validate(opened, license.id, startMs)
    await opened.close()
    if (age === 'newer') rmSync(usagePath(directory))
    if (age === 'newer') await openUsageIn(directory).close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${databasePath(directory)}${suffix}`)
    forgetPosition(directory)
    copyDatabase(copy, databasePath(directory))

    const before = age === 'older' ? 6 : 5
    const restored = openUsageIn(directory)
    expect(await restored.countersOf(license.id)).toEqual([before, startMs])
    validate(restored, license.id, startMs)
    await restored.usage.flush()
    expect(await restored.countersOf(license.id)).toEqual([before + 1, startMs])
    await restored.close()
    const again = openUsageIn(directory)
    expect(await again.countersOf(license.id)).toEqual([before + 1, startMs])
    await again.close()
    rmSync(dirname(copy), { recursive: true })
  },
)

test('backup: a data directory without a usage file can be backed up', async () => {
  await openUsageIn(directory).close()
  const copy = join(directory, 'copy.sqlite')
  copyDatabase(databasePath(directory), copy)
  expect(() => copyCountersToBackup(copy, join(directory, 'none.sqlite'))).not.toThrow()
})
