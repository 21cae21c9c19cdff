import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { SQL } from 'bun'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import { summarizeCounts, type ValidationRecord } from '~/domain/usage.ts'
import type { Addition } from '~/usage/postgres/plan.ts'
import { formatStaged, mergeStaged } from '~/usage/postgres/staged.ts'
import { firstPage, issueOne } from '../../store/contract/stores.ts'
import { createMigratedSchema, type ScratchSchema, START_LIMIT_MS } from '../../support/postgres.ts'
import { aValidation, startMs } from '../../support/samples.ts'
import { openPostgresIn } from '../engines.ts'
import type { OpenedUsage } from '../open-usage.ts'
import { aBatch, counted, createProbes, days } from '../probes.ts'

setDefaultTimeout(START_LIMIT_MS)

/** More licenses than a batch may have that is not staged. */
const LICENSES = 1200
const range = { fromMs: 0, toMs: startMs + DAY_MS }
const sharing = { countriesPerDay: 1, devicesPerDay: null, domainsPerDay: null }

let scratch: ScratchSchema
let sql: SQL
let one: OpenedUsage
let two: OpenedUsage

beforeEach(async () => {
  scratch = await createMigratedSchema()
  sql = new SQL(scratch.url, { max: 1 })
  await sql.unsafe(`SET search_path TO ${scratch.schema}`)
  one = openPostgresIn(scratch)
  two = openPostgresIn(scratch)
})

afterEach(async () => {
  await one.close()
  await two.close()
  await sql.close()
  await scratch[Symbol.asyncDispose]()
})

const probesOf = (opened: OpenedUsage) => createProbes(() => opened)

/** Records a validation of each license, and writes them. */
async function validateAll(
  { usage }: OpenedUsage,
  atMs: number,
  given: Partial<ValidationRecord> = {},
): Promise<void> {
  for (let index = 0; index < LICENSES; index += 1) {
    usage.record(aValidation({ licenseId: `lic_${index}`, atMs, ...given }))
  }
  await usage.flush()
}

async function countRows(table: string): Promise<number> {
  const [row] = await sql.unsafe(`SELECT count(*)::integer AS count FROM ${table}`)
  return row.count
}

const listOf = async ({ usage }: OpenedUsage, licenseId: string) =>
  (await usage.list(licenseId, range, firstPage)).data

/** Makes the staged batches as old as those of a server that has ended. */
const age = () => sql.unsafe('UPDATE usage_staged SET staged_at_ms = staged_at_ms - 60000')

test('staged usage: rows that several large batches continue are written once, and every read is exact', async () => {
  for (let batch = 0; batch < 3; batch += 1) await validateAll(one, startMs + batch)
  expect(await countRows('usage_staged')).toBe(3)
  expect(await countRows('usage_validations')).toBe(0)
  expect(await probesOf(one).countOf('lic_7')).toBe(3)
  expect(await listOf(two, 'lic_7')).toMatchObject([
    { count: 3, atMs: startMs, lastAtMs: startMs + 2 },
  ])
  expect(await countRows('usage_staged')).toBe(0)
  expect(await countRows('usage_validations')).toBe(LICENSES)
  for (const opened of [one, two]) {
    expect(await probesOf(opened).countOf('lic_7')).toBe(3)
    expect(await probesOf(opened).lastOf('lic_7')).toBe(startMs + 2)
    expect((await probesOf(opened).summaryOf('lic_7')).valid).toBe(3)
    expect((await probesOf(opened).summaryOf(null)).valid).toBe(3 * LICENSES)
  }
})

test('staged usage: the first batch after a time without staged ones is written at once if it is small', async () => {
  await validateAll(one, startMs)
  probesOf(one).record('lic_7', startMs + 1)
  await one.usage.flush()
  expect(await countRows('usage_staged')).toBe(2)
  expect((await listOf(one, 'lic_7'))[0]).toMatchObject({ count: 2 })
  probesOf(one).record('lic_7', startMs + 2)
  await one.usage.flush()
  expect(await countRows('usage_staged')).toBe(0)
  expect(await probesOf(two).countOf('lic_7')).toBe(3)
  expect((await listOf(two, 'lic_7'))[0]).toMatchObject({ count: 3 })
})

test('staged usage: another server counts what a server has left behind, and only once', async () => {
  await validateAll(one, startMs)
  await two.usage.fold(10)
  expect(await countRows('usage_staged')).toBe(1)
  await age()
  await Promise.all([two.usage.fold(10), two.usage.fold(10)])
  expect(await countRows('usage_staged')).toBe(0)
  expect(await probesOf(two).countOf('lic_7')).toBe(1)
})

test('staged usage: a server that was silent for long continues its rows after another one has settled them', async () => {
  await validateAll(one, startMs)
  await validateAll(one, startMs + 1)
  await age()
  await two.usage.fold(10)
  expect(await probesOf(one).countOf('lic_7')).toBe(2)
  await validateAll(one, startMs + 2)
  expect(await countRows('usage_staged')).toBe(1)
  for (const opened of [one, two]) {
    expect(await listOf(opened, 'lic_7')).toMatchObject([{ count: 3, lastAtMs: startMs + 2 }])
    expect(await probesOf(opened).countOf('lic_7')).toBe(3)
  }
})

test('staged usage: sums are exact however two servers write and read', async () => {
  const rounds = 8
  const work = async (opened: OpenedUsage, other: OpenedUsage) => {
    for (let round = 0; round < rounds; round += 1) {
      await validateAll(opened, startMs + round * 20_000)
      if (round % 3 === 0) await listOf(other, 'lic_7')
      if (round % 4 === 1) await opened.usage.fold(1000)
    }
  }
  await Promise.all([work(one, two), work(two, one)])
  for (const opened of [one, two]) {
    expect((await probesOf(opened).summaryOf(null)).valid).toBe(2 * rounds * LICENSES)
    expect(await probesOf(opened).countOf('lic_7')).toBe(2 * rounds)
    const rows = await listOf(opened, 'lic_7')
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(2 * rounds)
  }
})

test('staged usage: a server that stops settles what it has staged', async () => {
  await validateAll(one, startMs)
  await one.close()
  expect(await countRows('usage_staged')).toBe(0)
  expect(await probesOf(two).countOf('lic_7')).toBe(1)
})

test('staged usage: refusals that are only counted, and batches of edges, are in it', async () => {
  await validateAll(one, startMs)
  for (let index = 0; index < 70; index += 1) {
    const refused = { error: 'PRODUCT_MISMATCH', version: `${index}` } as const
    one.usage.record(aValidation({ licenseId: 'lic_7', atMs: startMs + index, ...refused }))
  }
  for (const number of [1, 1, 2]) {
    const late = counted({ licenseId: 'lic_7', count: 5, atMs: startMs - HOUR_MS })
    await one.usage.recordEdgeBatch(aBatch(number), [late])
  }
  expect(await countRows('usage_staged')).toBeGreaterThan(1)
  const { valid, refused } = summarizeCounts(await two.usage.listCounts('lic_7', days(-1, 0)))
  expect({ valid, refused }).toEqual({ valid: 11, refused: 70 })
  expect(await probesOf(two).countOf('lic_7')).toBe(11)
  expect(await probesOf(two).lastOf('lic_7')).toBe(startMs)
})

test('staged usage: erasing a customer on another server redacts what is staged', async () => {
  await validateAll(one, startMs, { address: '203.0.113.0', fingerprint: 'machine' })
  await two.usage.erase(['lic_7'], startMs + 1)
  expect(await listOf(one, 'lic_7')).toMatchObject([{ address: null, fingerprint: null }])
  expect(await listOf(one, 'lic_8')).toMatchObject([{ address: '203.0.113.0' }])
})

test('staged usage: countries that two servers have staged count as sharing', async () => {
  const { license } = await issueOne(one.store, { sharing })
  for (const [opened, country] of [[one, 'DE'] as const, [two, 'FR'] as const]) {
    opened.usage.record(aValidation({ licenseId: license.id, country, sharing }))
    await validateAll(opened, startMs)
  }
  const listNotices = async () =>
    (
      await one.store.events.list(
        { types: ['license.sharing_suspected'] },
        { limit: 9, after: null },
      )
    ).data
  expect(await listNotices()).toHaveLength(0)
  await one.usage.countDevices(license.id, days(0, 0))
  expect(await listNotices()).toHaveLength(1)
})

test('staged usage: lines keep all facts, whatever texts contain', async () => {
  const facts = JSON.stringify([
    null,
    'lic_a',
    'p',
    'q',
    null,
    null,
    'a,b[\n1,2,3',
    '"',
    null,
    '😀',
    null,
  ])
  const addition = (given: Partial<Addition>): Addition => {
    const times = { atMs: -5, lastAtMs: 7, count: 2 }
    return { facts, ...times, isLate: true, nth: 1, isNew: true, ...given }
  }
  const first = [addition({}), addition({ nth: null, isLate: false, isNew: false })]
  const again = [addition({ isNew: false, lastAtMs: 3, count: 4 })]
  const texts = [formatStaged(first, new Set()), formatStaged(again, new Set([1]))]
  expect(texts[1]).toBe('1,3,4')
  expect(await mergeStaged(texts)).toEqual([addition({ count: 6 }), first[1] as Addition])
  expect(mergeStaged(['2,3,4'])).rejects.toThrow('unknown row 2')
})
