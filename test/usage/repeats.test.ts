import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, rmSync } from 'node:fs'
import { getBucket, summarizeCounts, type ValidationRecord } from '~/domain/usage.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { createCountersReader } from '~/usage/counters.ts'
import { openUsageFile, type UsageFile, usagePath } from '~/usage/file.ts'
import { migrations } from '~/usage/migrations.ts'
import { formatRecord } from '~/usage/records.ts'
import { getShard } from '~/usage/shards.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const today = getBucket(startMs, 'day')
const days = { interval: 'day', first: today - 1, last: today + 1 } as const
const allTime = { fromMs: 0, toMs: startMs + 86_400_000 }

let directory: string
let file: UsageFile
let number: number
beforeEach(() => {
  number = 0
  directory = createScratchDirectory()
  using db = new Database(usagePath(directory), { create: true, strict: true })
  migrate(db, migrations)
  file = openUsageFile(directory, { isLocked: true })
})
afterEach(() => {
  file.close()
  rmSync(directory, { recursive: true })
})

function write(...records: readonly ValidationRecord[]) {
  number += 1
  return file.write(number, records.map(formatRecord).join('\n'))
}

/** Returns the rows of the license as `start+length xcount`, in seconds, oldest first. */
function rowsOf(usage: UsageFile, licenseId = 'lic_a'): readonly string[] {
  const { data } = usage.list(licenseId, allTime, { limit: 1000, after: null })
  const seconds = (ms: number) => ms / 1000
  return data
    .map(
      ({ atMs, lastAtMs, count }) =>
        `${seconds(atMs - startMs)}+${seconds(lastAtMs - atMs)} x${count}`,
    )
    .toReversed()
}

const countOf = (usage: UsageFile, licenseId = 'lic_a') =>
  summarizeCounts(usage.listCounts(licenseId, days))

/** Validations at these seconds. */
const at = (...seconds: readonly number[]) =>
  seconds.map((second) => aValidation({ atMs: startMs + second * 1000 }))

const lastFoldedOf = (licenseId: string, { lastFolded }: ReturnType<UsageFile['write']>) =>
  lastFolded[getShard(licenseId)]

/** As many different validations as are too many to be folded at once. */
const many = (licenseId: string) =>
  Array.from({ length: 600 }, (_, index) => aValidation({ licenseId, version: `${index}` }))

test('repeats: identical validations within a minute share a row, also in different batches', () => {
  write(...at(0, 20))
  expect(rowsOf(file)).toEqual(['0+20 x2'])
  write(...at(59.999))
  write(...at(60, 61))
  expect(rowsOf(file)).toEqual(['0+59.999 x3', '60+1 x2'])
  expect(countOf(file).valid).toBe(5)
})

test('repeats: validations that differ in any fact have rows of their own', () => {
  const differences: readonly Partial<ValidationRecord>[] = [
    {},
    { error: 'LICENSE_EXPIRED' },
    { domain: 'a.com' },
    { fingerprint: 'machine' },
    { country: 'DE' },
    { address: '203.0.113.0' },
    { version: '2' },
    { licenseId: 'lic_b' },
  ]
  write(...differences.map(aValidation))
  write(...differences.map(aValidation))
  expect(rowsOf(file)).toEqual(Array(7).fill('0+0 x2'))
  expect(rowsOf(file, 'lic_b')).toEqual(['0+0 x2'])
})

test('repeats: a row never covers two hours, so that counts by hour are exact', () => {
  const hour = getBucket(startMs, 'hour') + 1
  const boundaryS = (hour * 3_600_000 - startMs) / 1000
  write(...at(boundaryS - 10, boundaryS - 1, boundaryS, boundaryS + 5))
  expect(rowsOf(file)).toEqual([`${boundaryS - 10}+9 x2`, `${boundaryS}+5 x2`])
  const range = { interval: 'hour', first: hour - 1, last: hour } as const
  expect(file.listSeries('lic_a', range, ['verdict', null])).toEqual([
    { bucket: hour - 1, valid: 2, refused: 0 },
    { bucket: hour, valid: 2, refused: 0 },
  ])
})

test('repeats: a validation dated before its row begins another, because the clock was set back', () => {
  write(...at(30, 10, 15))
  expect(rowsOf(file)).toEqual(['10+5 x2', '30+0 x1'])
})

test('repeats: identical refusals share a row, and do not use up the rows of a minute', () => {
  const refused = { error: 'LICENSE_EXPIRED' } as const
  write(...Array.from({ length: 200 }, () => aValidation(refused)))
  const others = Array.from({ length: 70 }, (_, index) => `${index}`)
  write(...others.map((version) => aValidation({ ...refused, version })))
  write(...others.map((version) => aValidation({ ...refused, version })))
  expect(rowsOf(file)).toEqual(['0+0 x200', ...Array(59).fill('0+0 x2')])
  expect(countOf(file).refused).toBe(340)
})

test('repeats: a refusal that is only counted is not added to a row', () => {
  const refused = { error: 'LICENSE_EXPIRED' } as const
  write(aValidation(refused))
  const versions = Array.from({ length: 100 }, (_, index) => `${index}`)
  write(...versions.map((version) => aValidation({ ...refused, version })))
  expect(rowsOf(file)).toEqual(Array(60).fill('0+0 x1'))
  expect(countOf(file).refused).toBe(101)
})

test('repeats: erasing a license ends its rows, so that later validations keep their device', () => {
  const onDevice = (second: number) =>
    aValidation({ fingerprint: 'machine', atMs: startMs + second * 1000 })
  write(onDevice(0))
  file.erase(['lic_a'], startMs)
  write(onDevice(1))
  const { data } = file.list('lic_a', allTime, { limit: 9, after: null })
  expect(data.map(({ fingerprint, count }) => [fingerprint, count])).toEqual([
    ['machine', 1],
    [null, 1],
  ])
})

test('repeats: a validation whose row was deleted gets another', () => {
  write(...at(0))
  file.trim(today + 1, 100)
  write(...at(1))
  expect(rowsOf(file)).toEqual(['0+1 x1'])
  expect(countOf(file).valid).toBe(2)
})

test('staged batches: large batches are on disk at once, and are counted when a query needs them', () => {
  expect(lastFoldedOf('lic_a', write(...many('lic_a')))).toBe(0)
  expect(lastFoldedOf('lic_a', write(...at(1)))).toBe(0)
  const reader = createCountersReader(directory, () => [])
  expect(reader.read(['lic_a']).get('lic_a')?.validationCount).toBe(0)
  expect(countOf(file).valid).toBe(601)
  expect(reader.read(['lic_a']).get('lic_a')?.validationCount).toBe(601)
  reader.close()
  expect(lastFoldedOf('lic_a', write(...at(2)))).toBe(3)
})

test('staged batches: after a crash each is counted once', () => {
  write(...many('lic_a'))
  write(...many('lic_a'))
  const crashed = createScratchDirectory()
  for (const suffix of ['', '-wal']) {
    copyFileSync(usagePath(directory) + suffix, usagePath(crashed) + suffix)
  }
  const reopened = openUsageFile(crashed, { isLocked: true })
  expect(countOf(reopened).valid).toBe(1200)
  // The response to the last batch was lost, so it is sent again.
  const again = reopened.write(number, many('lic_a').map(formatRecord).join('\n'))
  expect(lastFoldedOf('lic_a', again)).toBe(2)
  expect(countOf(reopened).valid).toBe(1200)
  reopened.close()
  rmSync(crashed, { recursive: true })
})

test('staged batches: they survive a write that fails', () => {
  write(...many('lic_a'))
  const other = new Database(usagePath(directory))
  other.run('BEGIN IMMEDIATE')
  expect(() => write(...at(1))).toThrow('locked')
  expect(countOf(file).valid).toBe(0)
  other.run('ROLLBACK')
  other.close()
  number -= 1
  write(...at(1))
  expect(countOf(file).valid).toBe(601)
})

test('staged batches: a command beside the server does not count them', () => {
  write(...many('lic_a'))
  const beside = openUsageFile(directory, { isLocked: false })
  expect(countOf(beside).valid).toBe(0)
  beside.close()
  expect(countOf(file).valid).toBe(600)
})
