import { openUsageFile } from '~/usage/file.ts'
import { formatRecord } from '~/usage/records.ts'
import { aValidation, startMs } from '../support/samples.ts'

/**
 * Writes batches of 800 different validations of 40 licenses to the file in a directory, which are the
 * same in each batch. Folds a shard after each. Prints the number of each batch that was written.
 */

const file = openUsageFile(process.argv[2] ?? '', { isLocked: true })
const records = Array.from({ length: 800 }, (_, index) =>
  aValidation({ licenseId: `lic_${index % 40}`, version: `${index}` }),
)
const days = { interval: 'day', first: 0, last: 0 } as const
for (let number = file.readLastBatch() + 1; ; number += 1) {
  const atMs = startMs + (number % 60_000)
  file.write(number, records.map((record) => formatRecord({ ...record, atMs })).join('\n'))
  process.stdout.write(`${number}\n`)
  file.listCounts(`lic_${number % 40}`, days)
}
