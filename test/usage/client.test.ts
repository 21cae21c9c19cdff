import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { ValidationRecord } from '~/domain/usage.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createUsageClient, type UsageClient } from '~/usage/client.ts'
import { createCountersReader } from '~/usage/counters.ts'
import type { PendingCounters } from '~/usage/pending-counters.ts'
import { formatRecord } from '~/usage/records.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { openUsageIn } from './open-usage.ts'

let directory: string
let client: UsageClient
beforeEach(async () => {
  directory = createScratchDirectory()
  await openUsageIn(directory).close()
  client = createUsageClient({
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
  })
})
afterEach(async () => {
  await client.close()
  rmSync(directory, { recursive: true })
})

function write(number: number, record: ValidationRecord) {
  return client.call('write', number, formatRecord(record))
}

/** Returns the counters of a batch with one valid validation. */
const countersOf = (lastBatch: number): PendingCounters => ({
  lastBatch,
  validationCount: 1,
  lastValidatedAtMs: startMs,
  lateAtMs: 0,
})

function countWith(pending: readonly PendingCounters[]): number | undefined {
  const reader = createCountersReader(directory, () => pending)
  const count = reader.read(['lic_a']).get('lic_a')?.validationCount
  reader.close()
  return count
}

test('usage counters: a batch that is in the file and still pending counts once', async () => {
  expect(countWith([countersOf(1)])).toBe(1)
  await write(1, aValidation())
  expect(countWith([countersOf(1)])).toBe(1)
  // The response was lost, so the batch is sent again.
  await write(1, aValidation())
  expect(countWith([])).toBe(1)
  expect(countWith([countersOf(2)])).toBe(2)
})

test('usage worker: a batch that cannot be written is refused, and can be sent again', async () => {
  const wrong = { ...aValidation(), version: { not: 'a text' } } as unknown as ValidationRecord
  await expect(write(1, wrong)).rejects.toThrow('usage file failed')
  await write(1, aValidation())
  expect(countWith([])).toBe(1)
})
