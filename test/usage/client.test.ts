import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { ValidationRecord } from '~/domain/usage.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import type { Batch } from '~/usage/buffer.ts'
import { createUsageClient, type UsageClient } from '~/usage/client.ts'
import { createCountersReader } from '~/usage/counters.ts'
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

function write({ number, records }: Batch) {
  return client.call('write', number, [JSON.stringify(records)])
}

function countWith(pending: readonly Batch[]): number | undefined {
  const reader = createCountersReader(directory, () => pending)
  const count = reader.read(['lic_a']).get('lic_a')?.validationCount
  reader.close()
  return count
}

test('usage counters: a batch that is in the file and still pending counts once', async () => {
  const batch = { number: 1, records: [aValidation()] }
  expect(countWith([batch])).toBe(1)
  await write(batch)
  expect(countWith([batch])).toBe(1)
  // The response was lost, so the batch is sent again.
  await write(batch)
  expect(countWith([])).toBe(1)
  expect(countWith([{ number: 2, records: [aValidation({ atMs: startMs + 1 })] }])).toBe(2)
})

test('usage worker: a batch that cannot be written is refused, and can be sent again', async () => {
  const wrong = { ...aValidation(), version: { not: 'a text' } } as unknown as ValidationRecord
  await expect(write({ number: 1, records: [wrong] })).rejects.toThrow('usage file failed')
  await write({ number: 1, records: [aValidation()] })
  expect(countWith([])).toBe(1)
})
