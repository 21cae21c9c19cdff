import { describe, expect, test } from 'bun:test'
import {
  addToRollups,
  BUCKETS_MAX,
  cutToBuckets,
  figuresOf,
  fillBuckets,
  keptAddress,
  parseCountry,
  type Rollups,
} from '~/domain/usage.ts'
import { aValidation, startMs } from '../support/samples.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const today = startMs / DAY_MS

describe('a stretch of time in buckets', () => {
  const cases: [name: string, from: number | undefined, to: number | undefined, number, number][] =
    [
      ['of nothing given is the last 30 days', undefined, undefined, today - 29, today],
      ['without an end goes until now', startMs - DAY_MS, undefined, today - 1, today],
      ['without a beginning has 30 days', undefined, startMs, today - 30, today - 1],
      ['is cut to those it touches', startMs - 1, startMs + 1, today - 1, today],
      ['ends before its end', startMs - DAY_MS, startMs, today - 1, today - 1],
    ]
  test.each(cases)('%s', (_name, fromMs, toMs, first, last) => {
    const buckets = cutToBuckets('day', { fromMs, toMs }, startMs)
    expect(buckets).toEqual({ interval: 'day', first, last })
  })

  test('by hour is the last 24', () => {
    const { first, last } = cutToBuckets('hour', {}, startMs)
    expect([first, last]).toEqual([startMs / HOUR_MS - 23, startMs / HOUR_MS])
  })

  test('is refused when it is empty, before all times, or has too many', () => {
    const cut = (fromMs: number, toMs?: number) => () =>
      cutToBuckets('hour', { fromMs, toMs }, startMs)
    expect(cut(startMs + 1, startMs)).toThrow(/before to/)
    expect(cut(startMs, startMs)).toThrow(/before to/)
    expect(cut(startMs + 1)).toThrow(/before to/)
    expect(cut(-1, startMs)).toThrow(/before 1970/)
    expect(() => cutToBuckets('day', { toMs: DAY_MS }, startMs)).toThrow(/before 1970/)
    expect(cut(startMs - (BUCKETS_MAX - 1) * HOUR_MS)).not.toThrow()
    expect(cut(startMs - BUCKETS_MAX * HOUR_MS)).toThrow(/more than 2400 hours/)
  })

  test('has a count for each, where nothing was counted too', () => {
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

describe('a validation counts', () => {
  const countsOf = (given: Parameters<typeof aValidation>[0]) => {
    const rollups: Rollups = new Map()
    addToRollups(rollups, aValidation(given))
    return [...rollups.values()]
  }

  test('for its license by day, and for all by hour and day, of one dimension each', () => {
    const rows = countsOf({ country: 'DE', activatedDomain: 'example.com' })
    const shown = rows.map(({ licenseId, interval, dimension, name }) =>
      [licenseId, interval, dimension, name].join(' '),
    )
    expect(shown.sort()).toEqual(
      [
        'lic_a day verdict VALID',
        'lic_a day country DE',
        'lic_a day domain example.com',
        ...['hour', 'day'].flatMap((interval) => [
          ` ${interval} verdict VALID`,
          ` ${interval} country DE`,
          ` ${interval} product default`,
          ` ${interval} plan professional`,
        ]),
      ].sort(),
    )
    expect(rows.every(({ valid, refused }) => valid === 1 && refused === 0)).toBe(true)
  })

  test('nothing of what a stranger may choose: host, device, version', () => {
    const given = { domain: 'x.com', fingerprint: 'f', version: 'v' }
    const names = new Set(
      countsOf({ ...given, error: 'DOMAIN_LIMIT_REACHED' }).map((row) => row.name),
    )
    expect(names).toEqual(new Set(['DOMAIN_LIMIT_REACHED', 'default', 'professional']))
  })

  test('as figures that say the most frequent first', () => {
    const rollups: Rollups = new Map()
    for (const country of ['DE', 'FR', 'FR']) addToRollups(rollups, aValidation({ country }))
    addToRollups(rollups, aValidation({ error: 'LICENSE_EXPIRED', country: 'AT' }))
    const days = [...rollups.values()].filter((row) => row.licenseId !== null)
    const figures = figuresOf(days)
    expect(figures).toMatchObject({ valid: 3, refused: 1, byError: { LICENSE_EXPIRED: 1 } })
    expect(Object.keys(figures.countries)[0]).toBe('FR')
  })
})

describe('an address', () => {
  const addresses: [address: string, full: string | null, truncated: string | null][] = [
    ['203.0.113.77', '203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.77', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:DB8::1', '2001:db8::1', '2001:db8::'],
    ['unknown', null, null],
    ['', null, null],
  ]
  test.each(addresses)('%p is kept as far as it may be', (address, full, truncated) => {
    expect(keptAddress(address, 'full')).toBe(full)
    expect(keptAddress(address, 'truncated')).toBe(truncated)
    expect(keptAddress(address, 'none')).toBeNull()
  })
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
])('the country in %p is %p', (text, country) => {
  expect(parseCountry(text)).toBe(country)
})
