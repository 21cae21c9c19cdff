import { describe, expect, test } from 'bun:test'
import {
  addToRollups,
  BUCKETS_MAX,
  fillBuckets,
  listLicenseNames,
  parseCountry,
  type Rollups,
  summarizeCounts,
  toBucketRange,
  truncateAddress,
} from '~/domain/usage.ts'
import { aValidation, startMs } from '../support/samples.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const today = startMs / DAY_MS

describe('toBucketRange', () => {
  const cases: [name: string, from: number | undefined, to: number | undefined, number, number][] =
    [
      ['without from and to it is the last 30 days', undefined, undefined, today - 29, today],
      ['without to it ends now', startMs - DAY_MS, undefined, today - 1, today],
      ['without from it has 30 days', undefined, startMs, today - 30, today - 1],
      ['it contains every day that the range touches', startMs - 1, startMs + 1, today - 1, today],
      ['to is excluded', startMs - DAY_MS, startMs, today - 1, today - 1],
    ]
  test.each(cases)('toBucketRange: %s', (_name, fromMs, toMs, first, last) => {
    const buckets = toBucketRange('day', { fromMs, toMs }, startMs)
    expect(buckets).toEqual({ interval: 'day', first, last })
  })

  test('toBucketRange: by hour it is the last 24 hours', () => {
    const { first, last } = toBucketRange('hour', {}, startMs)
    expect([first, last]).toEqual([startMs / HOUR_MS - 23, startMs / HOUR_MS])
  })

  test('toBucketRange: an empty range, one before 1970, or one with too many buckets is refused', () => {
    const cut = (fromMs: number, toMs?: number) => () =>
      toBucketRange('hour', { fromMs, toMs }, startMs)
    expect(cut(startMs + 1, startMs)).toThrow(/must be before/)
    expect(cut(startMs, startMs)).toThrow(/must be before/)
    expect(cut(startMs + 1)).toThrow(/must be before/)
    expect(cut(-1, startMs)).toThrow(/before 1970/)
    expect(() => toBucketRange('day', { toMs: DAY_MS }, startMs)).toThrow(/before 1970/)
    expect(cut(startMs - (BUCKETS_MAX - 1) * HOUR_MS)).not.toThrow()
    expect(cut(startMs - BUCKETS_MAX * HOUR_MS)).toThrow(/more than 2400 hours/)
  })

  test('fillBuckets: buckets without a count are zero', () => {
    const range = { interval: 'day', first: 5, last: 7 } as const
    const empty = { valid: 0, refused: 0 }
    expect(fillBuckets(range, [{ bucket: 6, valid: 1, refused: 2 }])).toEqual([
      { bucket: 5, ...empty },
      { bucket: 6, valid: 1, refused: 2 },
      { bucket: 7, ...empty },
    ])
    expect(fillBuckets({ ...range, last: 4 }, [])).toEqual([])
  })
})

describe('rollups', () => {
  const given = { country: 'DE', activatedDomain: 'example.com' }
  const countsOf = (record: ReturnType<typeof aValidation>) => {
    const rollups: Rollups = new Map()
    addToRollups(rollups, record, 1)
    return [...rollups.values()]
  }

  test('rollups: a validation counts for all licenses by hour and day', () => {
    const rows = countsOf(aValidation(given))
    expect(
      rows.map(({ interval, dimension, name }) => [interval, dimension, name].join(' ')),
    ).toEqual(
      ['hour', 'day'].flatMap((interval) => [
        `${interval} verdict VALID`,
        `${interval} product default`,
        `${interval} plan professional`,
        `${interval} country DE`,
      ]),
    )
    expect(rows.every(({ valid, refused }) => valid === 1 && refused === 0)).toBe(true)
  })

  test('rollups: a validation counts for its license by verdict, country and activated domain', () => {
    expect(listLicenseNames(aValidation(given))).toEqual([
      ['verdict', 'VALID'],
      ['country', 'DE'],
      ['domain', 'example.com'],
    ])
  })

  test('rollups: callers cannot choose names, such as a host, a device or a version', () => {
    const chosen = { domain: 'x.com', fingerprint: 'f', version: 'v' }
    const record = aValidation({ ...chosen, error: 'DOMAIN_LIMIT_REACHED' })
    const names = new Set(countsOf(record).map((row) => row.name))
    expect(names).toEqual(new Set(['DOMAIN_LIMIT_REACHED', 'default', 'professional']))
    expect(listLicenseNames(record)).toEqual([['verdict', 'DOMAIN_LIMIT_REACHED']])
  })

  test('summarizeCounts: names are ordered by their totals', () => {
    const rollups: Rollups = new Map()
    for (const country of ['DE', 'FR', 'FR']) addToRollups(rollups, aValidation({ country }), 1)
    addToRollups(rollups, aValidation({ error: 'LICENSE_EXPIRED', country: 'AT' }), 5)
    const days = [...rollups.values()].filter((row) => row.interval === 'day')
    const summary = summarizeCounts(days)
    expect(summary).toMatchObject({ valid: 3, refused: 5, byError: { LICENSE_EXPIRED: 5 } })
    expect(Object.keys(summary.countries)).toEqual(['AT', 'FR', 'DE'])
  })
})

describe('truncateAddress', () => {
  const addresses: [address: string, full: string | null, truncated: string | null][] = [
    ['203.0.113.77', '203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.77', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:DB8::1', '2001:db8::1', '2001:db8::'],
    ['unknown', null, null],
    ['', null, null],
  ]
  test.each(addresses)(
    'truncateAddress: %p is stored in full, truncated, or not at all',
    (address, full, truncated) => {
      expect(truncateAddress(address, 'full')).toBe(full)
      expect(truncateAddress(address, 'truncated')).toBe(truncated)
      expect(truncateAddress(address, 'none')).toBeNull()
    },
  )
})

test.each([
  ['DE', 'DE'],
  [' us ', 'US'],
  ['XX', null],
  ['T1', null],
  ['Germany', null],
  ['', null],
  [null, null],
  [undefined, null],
])('parseCountry: %p is %p', (text, country) => {
  expect(parseCountry(text)).toBe(country)
})
