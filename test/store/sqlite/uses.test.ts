import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Store } from '~/store/port.ts'
import { entryOf, type HistoryBatch } from '~/store/recorder.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase, foldCounts } from '~/store/sqlite/files/backup.ts'
import { historyPath } from '~/store/sqlite/history.ts'
import { createHistoryClient, type HistoryClient } from '~/store/sqlite/history-client.ts'
import { createHistoryWriter } from '~/store/sqlite/usage.ts'
import { createUseReads } from '~/store/sqlite/uses.ts'
import { activating, aDevice, aValidation, startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { apply, firstPage, issueOne } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

let directory: string
beforeEach(() => {
  directory = createScratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('a backup', () => {
  test('has the counts of the history, and a server restored from it counts on from there', async () => {
    const store = openSqlite(directory)
    const snapshot = await issueOne(store)
    const licenseId = snapshot.license.id
    const device = aDevice(snapshot, 'machine')
    await apply(store, licenseId, [activating(device)])
    const use = { licenseId, activationIds: [device.id] }
    for (const minutes of [1, 2, 3]) {
      store.usage.recordValidation(aValidation({ ...use, atMs: startMs + minutes * 60_000 }))
    }
    await store.close()

    const elsewhere = createScratchDirectory()
    copyDatabase(databasePath(directory), databasePath(elsewhere))
    foldCounts(databasePath(elsewhere), historyPath(directory))
    const restored = openSqlite(elsewhere)
    const figures = async () => {
      const license = (await restored.licenses.find(licenseId))?.license
      return [license?.validationCount, license?.lastValidatedAtMs]
    }
    expect(await figures()).toEqual([3, startMs + 180_000])
    const { data } = await restored.activations.list(licenseId, firstPage)
    expect(data[0]?.lastSeenAtMs).toBe(startMs + 180_000)
    restored.usage.recordValidation(aValidation({ ...use, atMs: startMs + 240_000 }))
    await restored.flush()
    expect(await figures()).toEqual([4, startMs + 240_000])
    await restored.close()
    rmSync(elsewhere, { recursive: true })
  })

  test.each(['older', 'newer'])(
    'that is %s than a directory puts none of its counts back',
    async (age) => {
      const store = openSqlite(directory)
      const { license } = await issueOne(store)
      const validate = (in_: Store) =>
        in_.usage.recordValidation(aValidation({ licenseId: license.id }))
      const count = async (in_: Store) =>
        (await in_.licenses.find(license.id))?.license.validationCount
      for (let round = 0; round < 5; round += 1) validate(store)
      await store.flush()
      const copy = join(createScratchDirectory(), 'copy.sqlite')
      copyDatabase(databasePath(directory), copy)
      foldCounts(copy, historyPath(directory))
      if (age === 'older') validate(store)
      await store.close()
      if (age === 'newer') rmSync(historyPath(directory))
      if (age === 'newer') await openSqlite(directory).close()
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${databasePath(directory)}${suffix}`)
      copyDatabase(copy, databasePath(directory))

      const restored = openSqlite(directory)
      const before = age === 'older' ? 6 : 5
      expect(await count(restored)).toBe(before)
      validate(restored)
      await restored.flush()
      expect(await count(restored)).toBe(before + 1)
      await restored.close()
      const again = openSqlite(directory)
      expect(await count(again)).toBe(before + 1)
      await again.close()
      rmSync(dirname(copy), { recursive: true })
    },
  )

  test('is one without a history too', async () => {
    await openSqlite(directory).close()
    const copy = join(directory, 'copy.sqlite')
    copyDatabase(databasePath(directory), copy)
    expect(() => foldCounts(copy, join(directory, 'none.sqlite'))).not.toThrow()
  })
})

describe('a batch of validations', () => {
  const batch: HistoryBatch = {
    number: 1,
    fresh: { kept: [], counted: [], sightings: [] },
    entries: [entryOf({ kept: [aValidation()] })],
    records: 1,
    overflow: { rollups: new Map(), tallies: new Map(), sightings: new Map() },
    tallies: new Map([['lic_a', { count: 1, lastAtMs: startMs }]]),
    sightings: new Map(),
  }

  test('whose answer was lost counts once, while it is taken for unwritten and after', async () => {
    await openSqlite(directory).close()
    const history = createHistoryClient(directory)
    const losing: HistoryClient = {
      ...history,
      call: async (...call) => {
        await history.call(...call)
        throw new Error('The answer was lost.')
      },
    }
    let waiting: HistoryBatch[] = [batch]
    const uses = createUseReads(directory, () => waiting)
    const tell = async () => undefined
    await expect(createHistoryWriter(losing, tell)(batch)).rejects.toThrow('lost')
    expect(uses.usesOf('lic_a')?.count).toBe(1)
    await createHistoryWriter(history, tell)(batch)
    waiting = []
    expect(uses.usesOf('lic_a')?.count).toBe(1)
    uses.close()
    await history.close()
  })

  test('that was not written is refused, so that it is tried again', async () => {
    await openSqlite(directory).close()
    const history = createHistoryClient(directory)
    const uses = createUseReads(directory, () => [])
    const write = createHistoryWriter(history, async () => undefined)
    const wrong = { ...aValidation(), version: { not: 'a text' } as unknown as string }
    await expect(write({ ...batch, entries: [entryOf({ kept: [wrong] })] })).rejects.toThrow(
      'history failed',
    )
    await write(batch)
    expect(uses.usesOf('lic_a')?.count).toBe(1)
    uses.close()
    await history.close()
  })
})
