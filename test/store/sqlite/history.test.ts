import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  addInto,
  bucketOf,
  countInto,
  figuresOf,
  type Rollups,
  type UsageEntry,
  type ValidationRecord,
} from '~/domain/usage.ts'
import { entryOf } from '~/store/recorder.ts'
import { type History, historyPath, migrateHistory, openHistory } from '~/store/sqlite/history.ts'
import { activating, aDevice, aValidation, startMs } from '../../support/samples.ts'
import { apply, issueOne } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const today = bucketOf(startMs, 'day')
const allDays = { interval: 'day', first: today - 9, last: today + 9 } as const
const allTime = { fromMs: startMs - 9 * DAY_MS, toMs: startMs + 9 * DAY_MS }

let directory: string
let history: History
beforeEach(() => {
  number = 0
  directory = mkdtempSync(join(tmpdir(), 'licet-history-'))
  migrateHistory(directory, () => undefined)
  history = openHistory(directory)
})
afterEach(() => {
  history.close()
  rmSync(directory, { recursive: true })
})

let number: number
const nothing = { entries: [], rollups: [], tallies: [], sightings: [] }
const write = (...parts: (readonly ValidationRecord[])[]) =>
  history.write({ ...nothing, number: ++number, entries: parts.map((kept) => entryOf({ kept })) })

/** Every page of a license, some at a time. */
function pagesOf(licenseId: string, limit: number): UsageEntry[] {
  const entries: UsageEntry[] = []
  let after: string | null = null
  do {
    const page = history.page(licenseId, allTime, { limit, after })
    entries.push(...page.data)
    after = page.nextAfter
  } while (after !== null)
  return entries
}

function exported(max: number): UsageEntry[] {
  const entries: UsageEntry[] = []
  let after: Parameters<History['chunk']>[1] = null
  do {
    const chunk = history.chunk(allTime, after, max)
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

/** The same record as given, as validations that came in some groups. */
const groups = fc.array(
  validations.map((list) =>
    list.map((given) => aValidation({ ...given, activatedDomain: given.domain })),
  ),
  { maxLength: 4 },
)

function tally(values: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

describe('the counts', () => {
  test('are exactly those of the single validations, however they were grouped', () => {
    fc.assert(
      fc.property(groups, (written) => {
        using _fresh = freshHistory()
        for (const group of written) write(group)
        const all = written.flat()
        const ofA = all.filter(({ licenseId }) => licenseId === 'lic_a')
        const figures = figuresOf(history.countsOf('lic_a', allDays))
        const valid = ofA.filter(({ error }) => error === null)
        expect(figures.valid).toBe(valid.length)
        expect(figures.byError).toEqual(tally(ofA.map(({ error }) => error)))
        expect(figures.countries).toEqual(tally(ofA.map(({ country }) => country)))
        expect(figures.domains).toBe(Object.keys(tally(ofA.map((one) => one.domain))).length)
        const devices = Object.keys(tally(valid.map(({ fingerprint }) => fingerprint)))
        expect(history.devicesOf('lic_a', allDays)).toBe(devices.length)
        expect(figuresOf(history.countsOf(null, allDays)).plans).toEqual(
          tally(all.map(({ planSlug }) => planSlug)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('by day and by hour are those of the single validations', () => {
    fc.assert(
      fc.property(groups, (written) => {
        using _fresh = freshHistory()
        for (const group of written) write(group)
        const all = written.flat()
        for (const interval of ['day', 'hour'] as const) {
          const size = interval === 'day' ? DAY_MS : HOUR_MS
          const range = {
            interval,
            first: bucketOf(startMs - DAY_MS + HOUR_MS, interval),
            last: bucketOf(startMs + HOUR_MS, interval),
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
            const series = history.seriesOf(of, range, ['verdict', null])
            const found = series.map(({ bucket, valid, refused }) => [bucket, [valid, refused]])
            expect(new Map(found as [number, [number, number]][])).toEqual(counted)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('of validations that are not kept singly are added to the others', () => {
    const rollups: Rollups = new Map()
    countInto(rollups, aValidation())
    for (const rollup of [...rollups.values()]) addInto(rollups, rollup)
    const refused = aValidation({ error: 'LICENSE_EXPIRED' })
    const entries = [entryOf({ kept: [aValidation()], counted: [refused, refused] })]
    history.write({ ...nothing, number: 1, entries, rollups: [...rollups.values()] })
    const { valid, refused: refusals } = figuresOf(history.countsOf('lic_a', allDays))
    expect([valid, refusals]).toEqual([3, 2])
    expect(pagesOf('lic_a', 10)).toHaveLength(1)
  })
})

describe('the single validations', () => {
  test('are all there in pages and in exports of any size, each once and in order', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 9 }), (written, size) => {
        using _fresh = freshHistory()
        for (const group of written) write(group)
        const timesOf = (entries: readonly UsageEntry[]) => entries.map(({ atMs }) => atMs)
        const ofA = written.flat().filter(({ licenseId }) => licenseId === 'lic_a')
        const newestFirst = timesOf(ofA).sort((one, other) => other - one)
        expect(timesOf(pagesOf('lic_a', size))).toEqual(newestFirst)
        const all = exported(size)
        expect(timesOf(all).sort()).toEqual(timesOf(written.flat()).sort())
        const days = all.map(({ atMs }) => bucketOf(atMs, 'day'))
        expect(days).toEqual([...days].sort())
      }),
      { numRuns: 30 },
    )
  })

  test('are written once, however often their batch is sent', () => {
    const batch = { ...nothing, number: 7, entries: [entryOf({ kept: [aValidation()] })] }
    for (let time = 0; time < 2; time += 1) history.write(batch)
    history.write({ ...batch, number: 6 })
    expect(pagesOf('lic_a', 9)).toHaveLength(1)
    expect(figuresOf(history.countsOf('lic_a', allDays)).valid).toBe(1)
  })

  test('of the same moment are kept each', () => {
    write([aValidation({ version: '1' }), aValidation({ version: '2' })])
    write([aValidation({ version: '3' })])
    expect(pagesOf('lic_a', 2).map(({ version }) => version)).toEqual(['3', '2', '1'])
  })

  test('are written all or not at all', () => {
    const wrong = { ...aValidation(), version: { not: 'a text' } as unknown as string }
    expect(() => write([aValidation({ licenseId: 'lic_new' }), wrong])).toThrow()
    expect(history.countsOf(null, allDays)).toEqual([])
    write([aValidation({ licenseId: 'lic_new' })])
    expect(pagesOf('lic_new', 9)).toHaveLength(1)
  })

  test('are forgotten day by day in steps, and the counts stay', async () => {
    await openSqlite(directory).close()
    const days = [-3, -2, -1, 0].map((day) => startMs + day * DAY_MS)
    write(days.flatMap((atMs) => [aValidation({ atMs }), aValidation({ atMs: atMs + 1 })]))
    expect([history.trim(today - 1, 3), history.trim(today - 1, 3)]).toEqual([3, 1])
    expect(history.trim(today - 1, 3)).toBe(0)
    expect(pagesOf('lic_a', 9).map(({ atMs }) => bucketOf(atMs, 'day') - today)).toEqual([
      0, 0, -1, -1,
    ])
    expect(figuresOf(history.countsOf('lic_a', allDays)).valid).toBe(8)
  })

  test('of long ago take along the sightings of activations that are gone', async () => {
    const store = openSqlite(directory)
    const snapshot = await issueOne(store)
    const [kept, gone] = [aDevice(snapshot, 'kept'), aDevice(snapshot, 'gone')]
    await apply(store, snapshot.license.id, [activating(kept)])
    const licenseId = snapshot.license.id
    const activationIds = [kept.id, gone.id]
    const use = { licenseId, activationIds, mayDecideEviction: false }
    write([aValidation({ ...use, atMs: startMs - 3 * DAY_MS })])
    history.trim(today - 1, 10)
    using db = new Database(historyPath(directory), { readonly: true })
    expect(db.query('SELECT activation_id FROM sightings').values()).toEqual([[kept.id]])
    await store.close()
  })

  test('lose address and fingerprint when their customer is erased, of all days, and only theirs', () => {
    const traces = { address: '203.0.113.0', fingerprint: 'machine', domain: 'example.com' }
    const atAll = [startMs, startMs - DAY_MS].map((atMs) => aValidation({ atMs, ...traces }))
    write([...atAll, aValidation({ licenseId: 'lic_b', ...traces })])
    expect(history.erase('lic_a')).toBe(2)
    expect(history.erase('lic_a')).toBe(0)
    expect(history.erase('lic_none')).toBe(0)
    const blanked = { address: null, fingerprint: null, domain: 'example.com' }
    expect(pagesOf('lic_a', 9)).toMatchObject([blanked, blanked])
    expect(pagesOf('lic_b', 9)).toMatchObject([traces])
  })
})

/** Within one property, every run begins with nothing. */
function freshHistory(): Disposable {
  const outer = { directory, history }
  directory = mkdtempSync(join(tmpdir(), 'licet-history-'))
  migrateHistory(directory, () => undefined)
  history = openHistory(directory)
  return {
    [Symbol.dispose]() {
      history.close()
      rmSync(directory, { recursive: true })
      ;({ directory, history } = outer)
    },
  }
}
