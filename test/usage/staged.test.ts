import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { summarizeCounts } from '~/domain/usage.ts'
import { usagePath } from '~/usage/file.ts'
import { issueOne, touch } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { type OpenedUsage, openUsageIn } from './open-usage.ts'
import { createProbes, days } from './probes.ts'

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

const { record } = createProbes(() => opened)

test('usage counters: they are exact at once after a restart with staged validations', async () => {
  const { license } = await issueOne(opened.store)
  const otherCounters = async () =>
    (await opened.usage.readCounters(['lic_other'])).get('lic_other')
  for (let index = 0; index < 700; index += 1) {
    for (const licenseId of [license.id, 'lic_other']) {
      opened.usage.record(aValidation({ licenseId, atMs: startMs, version: `${index}` }))
    }
  }
  await reopen()
  using db = new Database(usagePath(directory), { readonly: true })
  expect(db.query('SELECT count(*) FROM staged').values()).not.toEqual([[0]])
  expect(await opened.countersOf(license.id)).toEqual([700, startMs])
  record(license.id, startMs + 1)
  expect(await opened.countersOf(license.id)).toEqual([701, startMs + 1])
  await opened.usage.flush()
  expect(await opened.countersOf(license.id)).toEqual([701, startMs + 1])
  expect(summarizeCounts(await opened.usage.listCounts(license.id, days(0, 0))).valid).toBe(701)
  expect(await opened.countersOf(license.id)).toEqual([701, startMs + 1])
  expect(await otherCounters()).toMatchObject({ validationCount: 700 })
  record('lic_other', startMs + 2)
  await opened.usage.flush()
  expect(await otherCounters()).toEqual({ validationCount: 701, lastValidatedAtMs: startMs + 2 })
  expect(await opened.countersOf(license.id)).toEqual([701, startMs + 1])
})

test('usage counters: a license can be read and changed while the usage file cannot be read', async () => {
  const { license } = await issueOne(opened.store)
  using db = new Database(usagePath(directory))
  db.run('ALTER TABLE licenses RENAME TO lost')
  expect(await opened.countersOf(license.id)).toEqual([0, null])
  await touch(opened.store, license.id)
  expect((await opened.store.licenses.find(license.id))?.license.version).toBe(2)
  db.run('ALTER TABLE lost RENAME TO licenses')
  record(license.id, startMs)
  expect(await opened.countersOf(license.id)).toEqual([1, startMs])
})
