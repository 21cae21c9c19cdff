import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { entryOf } from '~/store/recorder.ts'
import { createJournal, type LeftBatch, readJournal } from '~/store/sqlite/history-journal.ts'
import { openSqliteStore } from '~/store/sqlite/open.ts'
import { aValidation, createId, startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { issueOne, renderEvent } from '../contract/stores.ts'

let directory: string
let errors: unknown[]
beforeEach(() => {
  directory = createScratchDirectory()
  errors = []
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

const onError = (error: unknown) => errors.push(error)

function open(isAlone: boolean) {
  return openSqliteStore({
    directory,
    isAlone,
    secretCheck: 'of the tests',
    createId,
    renderEvent,
    onError,
    onDropped: () => undefined,
  })
}

/** A data directory with one license, as a process leaves it that dies with these batches. */
async function leave(batches: (licenseId: string) => readonly LeftBatch[]) {
  const store = open(true)
  const { license } = await issueOne(store)
  await store.close()
  const journal = createJournal(directory, { lastBatch: 0, onError })
  for (const { number, entries } of batches(license.id)) {
    for (const entry of entries) journal.append(number, entry)
  }
  await journal.close()
  return license.id
}

async function countOf(licenseId: string, isAlone = true): Promise<number | undefined> {
  const store = open(isAlone)
  const record = await store.licenses.find(licenseId)
  await store.close()
  return record?.license.validationCount
}

const entry = (licenseId: string, ...timesMs: number[]) =>
  entryOf({ kept: timesMs.map((atMs) => aValidation({ licenseId, atMs })) })

test('what a process that died left in the journal is counted at the next start, once', async () => {
  const licenseId = await leave((id) => [
    { number: 1, entries: [entry(id, startMs), entry(id, startMs + 1, startMs + 2)] },
    { number: 2, entries: [entry(id, startMs + 3)] },
  ])
  expect(await countOf(licenseId)).toBe(4)
  expect(await countOf(licenseId)).toBe(4)
  expect(readJournal(directory)).toEqual([])
  const store = open(true)
  const range = { fromMs: startMs, toMs: startMs + 9 }
  const { data } = await store.usage.list(licenseId, range, { limit: 9, after: null })
  expect(data.map(({ atMs }) => atMs - startMs)).toEqual([3, 2, 1, 0])
  store.usage.recordValidation(aValidation({ licenseId, atMs: startMs + 4 }))
  await store.close()
  expect(await countOf(licenseId)).toBe(5)
  expect(errors).toEqual([])
})

test('what was written, but not forgotten before the process died, is not counted again', async () => {
  const licenseId = await leave((id) => [{ number: 1, entries: [entry(id, startMs)] }])
  expect(await countOf(licenseId)).toBe(1)
  const journal = createJournal(directory, { lastBatch: 0, onError })
  journal.append(1, entry(licenseId, startMs))
  await journal.close()
  expect(await countOf(licenseId)).toBe(1)
})

test('an entry that was cut off is left out, and spoils none of those after it', async () => {
  const cut = (id: string) => entry(id, startMs + 1).slice(0, -20)
  const licenseId = await leave((id) => [
    { number: 1, entries: [entry(id, startMs), cut(id), entry(id, startMs + 2), cut(id)] },
  ])
  expect(await countOf(licenseId)).toBe(2)
})

test('a command beside a server leaves its journal alone', async () => {
  const licenseId = await leave((id) => [{ number: 1, entries: [entry(id, startMs)] }])
  expect(await countOf(licenseId, false)).toBe(0)
  expect(readJournal(directory)).toHaveLength(1)
})

describe('a store that was closed', () => {
  test('leaves neither a journal nor a log: a copy of its files has everything', async () => {
    const store = open(true)
    const { license } = await issueOne(store)
    store.usage.recordValidation(aValidation({ licenseId: license.id }))
    await store.close()
    const logs = readdirSync(directory).filter((name) => name.endsWith('-wal'))
    expect(logs.filter((name) => statSync(join(directory, name)).size > 0)).toEqual([])
    expect(readJournal(directory)).toEqual([])
  })
})
