import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import fc from 'fast-check'
import type { Page } from '~/domain/pages.ts'
import {
  getBucket,
  summarizeCounts,
  type UsageEntry,
  type ValidationRecord,
} from '~/domain/usage.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { openUsageFile, type UsageFile, usagePath } from '~/usage/file.ts'
import { migrations } from '~/usage/migrations.ts'
import { formatRecord } from '~/usage/records.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const today = getBucket(startMs, 'day')
const allDays = { interval: 'day', first: today - 9, last: today + 9 } as const
const allTime = { fromMs: startMs - 9 * DAY_MS, toMs: startMs + 9 * DAY_MS }

let directory: string
let file: UsageFile
let number: number
beforeEach(openFile)
afterEach(closeFile)

function openFile(): void {
  number = 0
  directory = createScratchDirectory()
  using db = new Database(usagePath(directory), { create: true, strict: true })
  migrate(db, migrations)
  file = openUsageFile(directory, { isLocked: true })
}

function closeFile(): void {
  file.close()
  rmSync(directory, { recursive: true })
}

/** Every run of a property starts with an empty file. */
function reopenFile(): void {
  closeFile()
  openFile()
}

const textOf = (records: readonly ValidationRecord[]) => records.map(formatRecord).join('\n')

const write = (records: readonly ValidationRecord[]) => file.write(++number, textOf(records))

/** Reads every page of a license. */
function pagesOf(licenseId: string, limit: number): UsageEntry[] {
  const entries: UsageEntry[] = []
  let after: string | null = null
  do {
    const page = file.list(licenseId, allTime, { limit, after })
    entries.push(...page.data)
    after = page.nextAfter
  } while (after !== null)
  return entries
}

function exported(max: number): UsageEntry[] {
  const entries: UsageEntry[] = []
  let after: Parameters<UsageFile['export']>[1] = null
  do {
    const chunk = file.export(allTime, after, max)
    entries.push(...chunk.data)
    after = chunk.after
  } while (after !== null)
  return entries
}

const aDomain = fc.constantFrom(null, 'a.com', 'b.com')
const validations = fc.array(
  fc.record({
    licenseId: fc.constantFrom('lic_a', 'lic_b'),
    planSlug: fc.constantFrom('starter', 'professional'),
    atMs: fc.integer({ min: startMs - 2 * DAY_MS, max: startMs + DAY_MS }),
    error: fc.constantFrom(null, null, 'LICENSE_EXPIRED' as const, 'DEVICE_LIMIT_REACHED' as const),
    country: fc.constantFrom(null, 'DE', 'FR'),
    fingerprint: fc.constantFrom(null, 'one', 'two', 'three'),
    domain: aDomain,
  }),
  { maxLength: 60 },
)

/** Validations in some batches. */
const batches = fc.array(
  validations.map((list) =>
    list.map((given) => aValidation({ ...given, activatedDomain: given.domain })),
  ),
  { maxLength: 4 },
)

/** Without this, some of them would share a row. */
const makeDistinct = (records: readonly ValidationRecord[], batch: number) =>
  records.map((record, index) => ({ ...record, version: `${batch}.${index}` }))

function countEach(values: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

describe('rollups', () => {
  test('rollups: counts equal those of the individual validations in batches of any size', () => {
    fc.assert(
      fc.property(batches, (written) => {
        reopenFile()
        for (const batch of written) write(batch)
        const all = written.flat()
        const ofA = all.filter(({ licenseId }) => licenseId === 'lic_a')
        const figures = summarizeCounts(file.listCounts('lic_a', allDays))
        const valid = ofA.filter(({ error }) => error === null)
        expect(figures.valid).toBe(valid.length)
        expect(figures.byError).toEqual(countEach(ofA.map(({ error }) => error)))
        expect(figures.countries).toEqual(countEach(ofA.map(({ country }) => country)))
        expect(figures.domains).toBe(Object.keys(countEach(ofA.map((one) => one.domain))).length)
        const devices = Object.keys(countEach(valid.map(({ fingerprint }) => fingerprint)))
        expect(file.countDevices('lic_a', allDays)).toBe(devices.length)
        expect(summarizeCounts(file.listCounts(null, allDays)).plans).toEqual(
          countEach(all.map(({ planSlug }) => planSlug)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('rollups: series by day and hour equal those of the individual validations', () => {
    fc.assert(
      fc.property(batches, (written) => {
        reopenFile()
        for (const batch of written) write(batch)
        const all = written.flat()
        for (const interval of ['day', 'hour'] as const) {
          const size = interval === 'day' ? DAY_MS : HOUR_MS
          const range = {
            interval,
            first: getBucket(startMs - DAY_MS + HOUR_MS, interval),
            last: getBucket(startMs + HOUR_MS, interval),
          }
          for (const of of ['lic_a', null]) {
            const counted = new Map<number, [number, number]>()
            for (const { licenseId, atMs, error } of all) {
              const bucket = Math.floor(atMs / size)
              if (of !== null && licenseId !== of) continue
              if (bucket < range.first || bucket > range.last) continue
              const [good = 0, bad = 0] = counted.get(bucket) ?? []
              counted.set(bucket, error === null ? [good + 1, bad] : [good, bad + 1])
            }
            const series = file.listSeries(of, range, ['verdict', null])
            const found = series.map(({ bucket, valid, refused }) => [bucket, [valid, refused]])
            expect(new Map(found as [number, [number, number]][])).toEqual(counted)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('rollups: refused validations beyond 60 a minute and license are counted, but not kept', () => {
    const refused = { error: 'LICENSE_EXPIRED' } as const
    for (let index = 0; index < 61; index += 1) {
      write([aValidation({ ...refused, version: `${index}` })])
    }
    write([
      aValidation({ ...refused, licenseId: 'lic_b' }),
      aValidation({ ...refused, atMs: startMs + 60_000 }),
      aValidation(),
    ])
    expect(pagesOf('lic_a', 100).map(({ atMs }) => atMs - startMs)).toEqual([
      60_000,
      ...Array(61).fill(0),
    ])
    expect(pagesOf('lic_b', 100)).toHaveLength(1)
    const { valid, refused: count } = summarizeCounts(file.listCounts('lic_a', allDays))
    expect([valid, count]).toEqual([1, 62])
  })
})

describe('individual validations', () => {
  test('individual validations: pages and exports of any size contain each once, in order', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 9 }), (written, size) => {
        reopenFile()
        for (const batch of written.map(makeDistinct)) write(batch)
        const timesOf = (entries: readonly Pick<UsageEntry, 'atMs'>[]) =>
          entries.map(({ atMs }) => atMs)
        const ofA = written.flat().filter(({ licenseId }) => licenseId === 'lic_a')
        const newestFirst = timesOf(ofA).sort((one, other) => other - one)
        expect(timesOf(pagesOf('lic_a', size))).toEqual(newestFirst)
        const all = exported(size)
        expect(timesOf(all).sort()).toEqual(timesOf(written.flat()).sort())
        const days = all.map(({ atMs }) => getBucket(atMs, 'day'))
        expect(days).toEqual([...days].sort())
      }),
      { numRuns: 30 },
    )
  })

  test('individual validations: those of several licenses come one license after the other', () => {
    const counts = { lic_a: 3, lic_b: 0, lic_c: 5, lic_d: 1 }
    const records = Object.entries(counts).flatMap(([licenseId, count]) =>
      Array.from({ length: count }, (_, index) => aValidation({ licenseId, version: `${index}` })),
    )
    write(records)
    const ids = Object.keys(counts)
    for (const limit of [1, 2, 3, 9, 20]) {
      const found: string[] = []
      let after: string | null = null
      do {
        const page: Page<UsageEntry> = file.listMany(ids, allTime, { limit, after })
        expect(page.data.length).toBeLessThanOrEqual(limit)
        found.push(...page.data.map(({ licenseId, version }) => `${licenseId} ${version}`))
        after = page.nextAfter
      } while (after !== null)
      const expected = ids.flatMap((id) => pagesOf(id, 9).map(({ version }) => `${id} ${version}`))
      expect(found).toEqual(expected)
    }
  })

  test('usage file: a batch is written once, however often it is sent', () => {
    for (const sent of [7, 7, 6]) file.write(sent, textOf([aValidation()]))
    expect(pagesOf('lic_a', 9)).toHaveLength(1)
    expect(summarizeCounts(file.listCounts('lic_a', allDays)).valid).toBe(1)
  })

  test('individual validations: several in the same millisecond are all kept', () => {
    write([aValidation({ version: '1' }), aValidation({ version: '2' })])
    write([aValidation({ version: '3' })])
    expect(pagesOf('lic_a', 2).map(({ version }) => version)).toEqual(['3', '2', '1'])
  })

  test('usage file: a batch is written completely or not at all', () => {
    const wrong = { ...aValidation(), version: { not: 'a text' } as unknown as string }
    expect(() => write([aValidation({ licenseId: 'lic_new' }), wrong])).toThrow()
    expect(file.listCounts(null, allDays)).toEqual([])
    write([aValidation({ licenseId: 'lic_new' })])
    expect(pagesOf('lic_new', 9)).toHaveLength(1)
  })

  test('individual validations: trimming deletes the oldest days in steps, and the counts remain', () => {
    const days = [-3, -2, -1, 0].map((day) => startMs + day * DAY_MS)
    write(days.flatMap((atMs) => ['1', '2'].map((version) => aValidation({ atMs, version }))))
    expect([file.trim(today - 1, 3), file.trim(today - 1, 3)]).toEqual([3, 1])
    expect(file.trim(today - 1, 3)).toBe(0)
    expect(pagesOf('lic_a', 9).map(({ atMs }) => getBucket(atMs, 'day') - today)).toEqual([
      0, 0, -1, -1,
    ])
    expect(summarizeCounts(file.listCounts('lic_a', allDays)).valid).toBe(8)
  })

  test('individual validations: erasing a license redacts addresses and fingerprints of all its days', () => {
    const traces = { address: '203.0.113.0', fingerprint: 'machine', domain: 'example.com' }
    const atAll = [startMs, startMs - DAY_MS].map((atMs) => aValidation({ atMs, ...traces }))
    write([...atAll, aValidation({ licenseId: 'lic_b', ...traces })])
    expect(file.erase(['lic_a'], startMs)).toBe(2)
    expect(file.erase(['lic_a'], startMs)).toBe(0)
    expect(file.erase(['lic_none'], startMs)).toBe(0)
    const redacted = { address: null, fingerprint: null, domain: 'example.com' }
    expect(pagesOf('lic_a', 9)).toMatchObject([redacted, redacted])
    expect(pagesOf('lic_b', 9)).toMatchObject([traces])
  })
})
