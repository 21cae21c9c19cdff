import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const countryHeader = 'cf-ipcountry'

const entryFrom = (given: { readonly at?: string; readonly [name: string]: unknown }) => ({
  at: '2026-03-06T00:00:00Z',
  last_at: given.at ?? '2026-03-06T00:00:00Z',
  count: 1,
  valid: true,
  error: null,
  domain: null,
  fingerprint: null,
  country: null,
  address: null,
  version: null,
  ...given,
})

/** Opens a license with one domain: two valid validations and one refused, an hour apart. */
async function openWithUsage(): Promise<TestApp & { id: string; key: string }> {
  const app = await openTestApp()
  const { id, key } = await app.createLicense({ max_domains: 1 })
  await app.validate({ key, domain: 'https://www.Example.com/a', version: '1.4.2' })
  app.clock.advanceMs(HOUR_MS)
  await app.validate({ key, domain: 'example.com', fingerprint: 'machine' })
  app.clock.advanceMs(HOUR_MS)
  await app.validate({ key, domain: 'other.com' })
  return { ...app, id, key }
}

test('license usage: lists valid and refused validations newest first, with a summary', async () => {
  await using app = await openWithUsage()
  const { status, body } = await app.send('GET', `/api/v1/licenses/${app.id}/usage`)
  expect(status).toBe(200)
  expect(body).toEqual({
    data: [
      entryFrom({
        at: '2026-03-06T02:00:00Z',
        valid: false,
        error: 'DOMAIN_LIMIT_REACHED',
        domain: 'other.com',
      }),
      entryFrom({ at: '2026-03-06T01:00:00Z', domain: 'example.com', fingerprint: 'machine' }),
      entryFrom({ domain: 'example.com', version: '1.4.2' }),
    ],
    summary: {
      valid: 2,
      refused: 1,
      by_error: { DOMAIN_LIMIT_REACHED: 1 },
      countries: {},
      domains: 1,
      devices: 1,
    },
    next_cursor: null,
  })
})

test('license usage: pages have no gaps or repeats', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  for (let index = 0; index < 9; index += 1) {
    await app.validate({ key, version: String(index) })
    if (index % 3 === 2) app.clock.advanceMs(DAY_MS)
  }
  const versions: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const at = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage?limit=2${at}`)
    versions.push(...body.data.map(({ version }: { version: string }) => version))
    cursor = body.next_cursor
    await app.validate({ key, version: 'late' })
  }
  expect(versions).toEqual(['8', '7', '6', '5', '4', '3', '2', '1', '0'])
})

test('license usage: the range includes `from` and excludes `to`', async () => {
  await using app = await openWithUsage()
  const timesOf = async (query: string) => {
    const { body } = await app.send('GET', `/api/v1/licenses/${app.id}/usage?${query}`)
    return body.data.map(({ at }: { at: string }) => at.slice(11, 13))
  }
  expect(await timesOf('from=2026-03-06T01:00:00Z')).toEqual(['02', '01'])
  expect(await timesOf('to=2026-03-06T01:00:00Z')).toEqual(['00'])
  expect(await timesOf('from=2026-03-06T01:00:00Z&to=2026-03-06T02:00:00Z')).toEqual(['01'])
  expect(await timesOf('from=2026-03-06T01:00:01Z&to=2026-03-06T01:59:00Z')).toEqual([])
})

test('license usage: identical validations within a minute share an entry', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: 1 })
  const usage = async () => (await app.send('GET', `/api/v1/licenses/${id}/usage`)).body
  const entry = { at: '2026-03-06T00:00:00Z', last_at: '2026-03-06T00:00:00Z', count: 1 }
  await app.validate({ key, fingerprint: 'machine' })
  expect((await usage()).data).toMatchObject([entry])
  app.clock.advanceMs(59_000)
  await app.validate({ key, fingerprint: 'machine' })
  await app.validate({ key, fingerprint: 'other' })
  const repeated = { ...entry, last_at: '2026-03-06T00:00:59Z', count: 2 }
  const refused = { at: '2026-03-06T00:00:59Z', count: 1, error: 'DEVICE_LIMIT_REACHED' }
  expect(await usage()).toMatchObject({
    data: [refused, repeated],
    summary: { valid: 2, refused: 1, devices: 1 },
  })
  app.clock.advanceMs(1000)
  await app.validate({ key, fingerprint: 'machine' })
  const later = { at: '2026-03-06T00:01:00Z', last_at: '2026-03-06T00:01:00Z', count: 1 }
  expect((await usage()).data).toMatchObject([later, refused, repeated])
})

test('license usage: counts every refused validation, and stores 60 per minute', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: 0 })
  for (let index = 0; index < 65; index += 1) {
    await app.validate({ key, fingerprint: `machine ${index}` })
  }
  app.clock.advanceMs(60_000)
  await app.validate({ key, fingerprint: 'machine 0' })
  await app.validate({ key })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage?limit=100`)
  expect(body.data).toHaveLength(62)
  expect(body.summary).toMatchObject({
    valid: 1,
    refused: 66,
    by_error: { DEVICE_LIMIT_REACHED: 66 },
  })
})

test('usage: validations with unknown keys are not recorded', async () => {
  await using app = await openTestApp()
  await app.validate({ key: 'TO-7Q4M-X0ZD-9KTB-2F17' })
  await app.validate({ key: 'nonsense' })
  const { body } = await app.send('GET', '/api/v1/usage/summary')
  expect(body).toMatchObject({ valid: 0, refused: 0 })
})

test('license usage: an unknown license gets 404', async () => {
  await using app = await openTestApp()
  for (const path of ['usage', 'usage/series']) {
    const missing = await app.send('GET', `/api/v1/licenses/lic_none/${path}`)
    expectProblem(missing, 404, 'not_found')
  }
})

test('usage series: covers the last 30 days or 24 hours, including empty ones', async () => {
  await using app = await openWithUsage()
  const path = `/api/v1/licenses/${app.id}/usage/series`
  const { body: days } = await app.send('GET', path)
  expect(days.interval).toBe('day')
  expect(days.data).toHaveLength(30)
  expect(days.data[0]).toEqual({ start: '2026-02-05T00:00:00Z', valid: 0, refused: 0 })
  expect(days.data.at(-1)).toEqual({ start: '2026-03-06T00:00:00Z', valid: 2, refused: 1 })
  const { body: hours } = await app.send('GET', `${path}?interval=hour`)
  expect(hours.data).toHaveLength(24)
  expect(hours.data.slice(-3)).toEqual([
    { start: '2026-03-06T00:00:00Z', valid: 1, refused: 0 },
    { start: '2026-03-06T01:00:00Z', valid: 1, refused: 0 },
    { start: '2026-03-06T02:00:00Z', valid: 0, refused: 1 },
  ])
})

test('usage series: the range is extended to whole buckets', async () => {
  await using app = await openWithUsage()
  const range = 'from=2026-03-06T00:59:59Z&to=2026-03-06T01:00:01Z'
  for (const path of [`/api/v1/licenses/${app.id}/usage/series`, '/api/v1/usage/series']) {
    const { body } = await app.send('GET', `${path}?interval=hour&${range}`)
    expect(body.data).toEqual([
      { start: '2026-03-06T00:00:00Z', valid: 1, refused: 0 },
      { start: '2026-03-06T01:00:00Z', valid: 1, refused: 0 },
    ])
  }
})

test('usage series: counts all licenses, or those of one product or plan', async () => {
  await using app = await openWithUsage()
  const { key } = await app.createLicense({ plan: 'starter' })
  await app.validate({ key })
  const lastOf = async (query: string) => {
    const { body } = await app.send('GET', `/api/v1/usage/series?${query}`)
    const { valid, refused } = body.data.at(-1)
    return [valid, refused]
  }
  expect(await lastOf('')).toEqual([3, 1])
  expect(await lastOf('plan=professional')).toEqual([2, 1])
  expect(await lastOf('plan=starter')).toEqual([1, 0])
  expect(await lastOf('product=default')).toEqual([3, 1])
  expect(await lastOf('product=none')).toEqual([0, 0])
  expect(await lastOf('interval=hour&plan=starter')).toEqual([1, 0])
})

test('usage summary: has breakdowns for the server, and only totals for a product or plan', async () => {
  await using app = await openWithUsage()
  const { key } = await app.createLicense({ plan: 'starter' })
  await app.validate({ key })
  const { body } = await app.send('GET', '/api/v1/usage/summary')
  expect(body).toEqual({
    valid: 3,
    refused: 1,
    by_error: { DOMAIN_LIMIT_REACHED: 1 },
    countries: {},
    products: { default: 4 },
    plans: { professional: 3, starter: 1 },
  })
  const { body: plan } = await app.send('GET', '/api/v1/usage/summary?plan=professional')
  expect(plan).toEqual({ valid: 2, refused: 1 })
  const { body: before } = await app.send('GET', '/api/v1/usage/summary?to=2026-03-06T00:00:00Z')
  expect(before).toMatchObject({ valid: 0, refused: 0, plans: {} })
})

const paths = ['usage/series', 'usage/summary', 'usage/export']
const pathsOf = (id: string) => [...paths, `licenses/${id}/usage`, `licenses/${id}/usage/series`]

test('usage: every route needs usage:read', async () => {
  await using app = await openWithUsage()
  const reader = { authorization: `Bearer ${await app.tokenWith('usage:read')}` }
  const other = { authorization: `Bearer ${await app.tokenWith('licenses:read')}` }
  for (const path of pathsOf(app.id)) {
    expect((await app.send('GET', `/api/v1/${path}`, undefined, reader)).status).toBe(200)
    expectProblem(await app.send('GET', `/api/v1/${path}`, undefined, other), 403, 'missing_scope')
    const stranger = await app.send('GET', `/api/v1/${path}`, undefined, {
      authorization: undefined,
    })
    expectProblem(stranger, 401, 'unauthorized')
  }
})

test('usage: an invalid time or range gets 422 that names the parameter', async () => {
  await using app = await openWithUsage()
  const wrong: Record<string, string> = {
    'from=2026-02-30T00:00:00Z': '?from',
    'to=yesterday': '?to',
    'from=2026-03-06': '?from',
    'from=2026-03-07T00:00:00Z&to=2026-03-06T00:00:00Z': '?from',
    'from=2026-03-08T00:00:00Z': '?from',
    'from=1990-01-01T00:00:00Z': '?from',
    'from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z': '?from',
    'to=0001-01-02T00:00:00Z': '?to',
    'from=2026-03-06T00:00:00Z&to=2026-03-06T00:00:00Z': '?from',
    'form=2026-03-06T00:00:00Z': '?form',
  }
  for (const path of pathsOf(app.id)) {
    for (const [query, pointer] of Object.entries(wrong)) {
      const refused = await app.send('GET', `/api/v1/${path}?${query}`)
      expectProblem(refused, 422, 'validation_failed', [pointer])
    }
  }
  const hours = await app.send(
    'GET',
    '/api/v1/usage/series?interval=hour&from=2025-01-01T00:00:00Z',
  )
  expectProblem(hours, 422, 'validation_failed', ['?from'])
  const weeks = await app.send('GET', '/api/v1/usage/series?interval=week')
  expectProblem(weeks, 422, 'validation_failed', ['?interval'])
  const both = await app.send('GET', '/api/v1/usage/summary?product=default&plan=starter')
  expectProblem(both, 422, 'validation_failed')
})

test('usage: the country header is ignored unless a trusted proxy sends it', async () => {
  await using app = await openTestApp({ countryHeader })
  const { id, key } = await app.createLicense()
  await app.send('POST', '/api/v1/validate', { key }, { [countryHeader]: 'DE' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.data[0].country).toBeNull()
})
