import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import fc from 'fast-check'
import { formatId } from '~/domain/ids.ts'
import { getBucket, summarizeCounts, type ValidationRecord } from '~/domain/usage.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { openUsageFile, type UsageFile, usagePath } from '~/usage/file.ts'
import { migrations } from '~/usage/migrations.ts'
import { formatRecord } from '~/usage/records.ts'
import { getShard, SHARDS } from '~/usage/shards.ts'
import { readStagedCounters } from '~/usage/staged.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const today = getBucket(startMs, 'day')
const days = { interval: 'day', first: today, last: today } as const
const allTime = { fromMs: 0, toMs: startMs + 86_400_000 }

let directory: string
let file: UsageFile
beforeEach(createFile)
afterEach(removeFile)

function createFile(): void {
  directory = createScratchDirectory()
  using db = new Database(usagePath(directory), { create: true, strict: true })
  migrate(db, migrations)
  file = openUsageFile(directory, { isLocked: true })
}

function removeFile(): void {
  file.close()
  rmSync(directory, { recursive: true })
}

/** Continues with the file as it is on disk at this moment, as after a crash. */
function crash(): void {
  const crashed = createScratchDirectory()
  for (const suffix of ['', '-wal']) {
    const from = usagePath(directory) + suffix
    if (existsSync(from)) copyFileSync(from, usagePath(crashed) + suffix)
  }
  removeFile()
  directory = crashed
  file = openUsageFile(directory, { isLocked: true })
}

const write = (number: number, records: readonly ValidationRecord[]) =>
  file.write(number, records.map(formatRecord).join('\n'))

/** Returns the counters of a license in the file, with and without those that are staged. */
function countersOf(licenseId: string): readonly [folded: number, all: number] {
  using db = new Database(usagePath(directory), { readonly: true })
  const [[count = 0] = []] = db
    .query('SELECT validation_count FROM licenses WHERE id = ?')
    .values(licenseId)
  const staged = readStagedCounters(db)[getShard(licenseId)]?.counters.get(licenseId)
  return [Number(count), Number(count) + (staged?.validationCount ?? 0)]
}

/** Counts a license in its rollups, and in its individual validations. */
function countOf(licenseId: string): readonly [number, number] {
  const { valid, refused } = summarizeCounts(file.listCounts(licenseId, days))
  const { data } = file.list(licenseId, allTime, { limit: 5000, after: null })
  return [valid + refused, data.reduce((sum, { count }) => sum + count, 0)]
}

/** As many different validations as are too many to be folded at once. */
const many = (licenseId: string, given: Partial<ValidationRecord> = {}) =>
  Array.from({ length: 600 }, (_, index) =>
    aValidation({ licenseId, version: `${index}`, ...given }),
  )

test('shards: licenses are distributed evenly, and each has the same shard forever', () => {
  const sizes: number[] = Array(SHARDS).fill(0)
  for (let index = 0; index < 16_000; index += 1) {
    const shard = getShard(formatId('lic', new Bun.CryptoHasher('md5').update(`${index}`).digest()))
    sizes[shard] = (sizes[shard] ?? 0) + 1
  }
  expect(Math.min(...sizes)).toBeGreaterThan(700)
  expect(Math.max(...sizes)).toBeLessThan(1300)
  expect(['lic_a', 'lic_01kq3vd6xhe8tsw2m4b9zr5ncj'].map(getShard)).toEqual([12, 0])
})

test('shards: a query of a license folds its shard only', () => {
  write(1, [...many('lic_a'), ...many('lic_b')])
  expect([countersOf('lic_a'), countersOf('lic_b')]).toEqual([
    [0, 600],
    [0, 600],
  ])
  expect(countOf('lic_a')).toEqual([600, 600])
  expect([countersOf('lic_a'), countersOf('lic_b')]).toEqual([
    [600, 600],
    [0, 600],
  ])
  const { valid } = summarizeCounts(file.listCounts(null, days))
  expect([valid, ...countersOf('lic_b')]).toEqual([1200, 600, 600])
})

test('shards: repetitions of what is staged are one row, also across a crash', () => {
  for (const number of [1, 2, 3]) write(number, many('lic_a', { atMs: startMs + number }))
  crash()
  for (const number of [4, 5]) write(number, many('lic_a', { atMs: startMs + number }))
  const { data } = file.list('lic_a', allTime, { limit: 1000, after: null })
  expect(data).toHaveLength(600)
  for (const { atMs, lastAtMs, count } of data) {
    expect([atMs - startMs, lastAtMs - startMs, count]).toEqual([1, 5, 5])
  }
})

const licenses = ['lic_a', 'lic_b', 'lic_q'] as const
const aLicense = fc.constantFrom(...licenses)
const aStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('write' as const), seed: fc.nat(9) }) },
  fc.record({ type: fc.constant('query' as const), licenseId: aLicense }),
  fc.constant({ type: 'crash' as const }),
  fc.constant({ type: 'repeat' as const }),
)

test('shards: however folds and crashes mix, each validation counts once', () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 12 }), (steps) => {
      removeFile()
      createFile()
      const expected = new Map<string, number>(licenses.map((id) => [id, 0]))
      let number = 0
      let last: ValidationRecord[] = []
      for (const step of steps) {
        if (step.type === 'crash') crash()
        if (step.type === 'query') countOf(step.licenseId)
        if (step.type === 'repeat' && number > 0) write(number, last)
        if (step.type !== 'write') continue
        const atMs = startMs + number * 20_000
        last = licenses.flatMap((licenseId, index) =>
          many(licenseId, { atMs: atMs + index }).slice(0, 250 + 10 * step.seed),
        )
        last.push(...last.slice(0, step.seed))
        number += 1
        write(number, last)
        for (const { licenseId } of last) {
          expected.set(licenseId, (expected.get(licenseId) ?? 0) + 1)
        }
      }
      for (const [id, count] of expected) expect(countersOf(id)[1]).toBe(count)
      for (const [id, count] of expected) {
        expect(countOf(id)).toEqual([count, count])
        expect(countersOf(id)).toEqual([count, count])
      }
    }),
    { numRuns: 20 },
  )
})

test('shards: kill -9 at any moment loses no batch that was written, and counts none twice', async () => {
  let writtenBefore = 0
  for (let round = 0; round < 4; round += 1) {
    file.close()
    const script = `${import.meta.dir}/write-until-killed.ts`
    const child = Bun.spawn([process.execPath, script, directory], { stdout: 'pipe' })
    let output = ''
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk)
      if (output.split('\n').length > 8 + round) child.kill('SIGKILL')
    }
    const written = Number(output.trim().split('\n').at(-1))
    expect(written).toBeGreaterThan(writtenBefore)
    file = openUsageFile(directory, { isLocked: true })
    const last = file.readLastBatch()
    // A batch may have been written although its number was not printed.
    expect([written, written + 1]).toContain(last)
    const counts = Array.from({ length: 40 }, (_, index) => `lic_${index}`).map((id) => {
      const [, counter] = countersOf(id)
      return [counter, ...countOf(id)]
    })
    expect(counts).toEqual(Array(40).fill(Array(3).fill(20 * last)))
    writtenBefore = written
  }
})
