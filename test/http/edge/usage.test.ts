import { expect, test } from 'bun:test'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import type { UsageEntry } from '~/wire/edge-usage.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'

const run = '0a1b2c3d4e5f6071'

interface Given {
  readonly count?: number
  readonly country?: string
  readonly domain?: string
  readonly fingerprint?: string
  readonly address?: string
}

function entry(licenseId: string, atMs: number, given: Given = {}, lastMs = atMs): UsageEntry {
  const { count = 1, country = null, domain = null, fingerprint = null, address = null } = given
  return [
    licenseId,
    atMs,
    lastMs,
    count,
    null,
    country,
    domain,
    domain,
    fingerprint,
    address,
    '1.0',
  ]
}

const countOf = async (app: TestApp, id: string) =>
  (await app.send('GET', `/api/v1/licenses/${id}`)).body.validation_count

/** Lists the usage of a license, also of the future. */
async function rowsOf(app: TestApp, id: string) {
  const to = new Date(app.clock.nowMs() + DAY_MS).toISOString()
  return (await app.send('GET', `/api/v1/licenses/${id}/usage?to=${to}`)).body.data
}

test('edge usage: validations of an edge count at once, as those of the primary do', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const atMs = app.clock.nowMs()
  const places = { country: 'DE', domain: 'a.com', fingerprint: 'machine', address: '203.0.113.9' }
  const body = { run, batch: 1, entries: [entry(id, atMs, { ...places, count: 7 })], seen: [] }
  const { status, body: receipt } = await edge.sendUsage(body)
  expect([status, receipt]).toEqual([200, { batch: 1, unknown: 0 }])
  expect(await countOf(app, id)).toBe(7)
  expect(await rowsOf(app, id)).toMatchObject([
    { ...places, address: '203.0.113.0', count: 7, valid: true, version: '1.0' },
  ])
  const { summary } = (await app.send('GET', `/api/v1/licenses/${id}/usage`)).body
  expect(summary).toMatchObject({ valid: 7, countries: { DE: 7 }, domains: 1, devices: 1 })
  const all = (await app.send('GET', '/api/v1/usage/summary')).body
  expect(all).toMatchObject({ valid: 7 })
  expect(await app.eventTypesOf(id)).toEqual(['license.created'])
})

test('edge usage: a batch that is sent again gets the same response and changes nothing', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const body = { run, batch: 4, entries: [entry(id, app.clock.nowMs())], seen: [] }
  for (const _ of [1, 2, 3]) {
    expect((await edge.sendUsage(body)).body).toEqual({ batch: 4, unknown: 0 })
  }
  expect((await edge.sendUsage({ ...body, batch: 3 })).status).toBe(200)
  expect(await countOf(app, id)).toBe(1)
  await edge.sendUsage({ ...body, run: 'another' })
  expect(await countOf(app, id)).toBe(2)
})

test('edge usage: two edges may use the same run and number', async () => {
  await using app = await openTestApp()
  const edges = [await createTestEdge(app, 'eu-1'), await createTestEdge(app, 'us-1')]
  const { id } = await app.createLicense()
  const body = { run, batch: 1, entries: [entry(id, app.clock.nowMs())], seen: [] }
  for (const edge of edges) await edge.sendUsage(body)
  expect(await countOf(app, id)).toBe(2)
})

test('edge usage: without a batch number, each request counts', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const body = { run, batch: null, entries: [entry(id, app.clock.nowMs())], seen: [] }
  for (const _ of [1, 2]) {
    expect((await edge.sendUsage(body)).body).toEqual({ batch: null, unknown: 0 })
  }
  expect(await countOf(app, id)).toBe(2)
})

test('edge usage: entries of unknown licenses are skipped and counted', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const nowMs = app.clock.nowMs()
  const entries = [entry('lic_none', nowMs), entry(id, nowMs), entry('lic_none', nowMs)]
  const { body } = await edge.sendUsage({ run, batch: 1, entries, seen: [['act_none', nowMs]] })
  expect(body).toEqual({ batch: 1, unknown: 2 })
  expect((await app.send('GET', '/api/v1/usage/summary')).body.valid).toBe(1)
})

test('edge usage: times in the future are now, and none is before the edge was created', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const createdMs = app.clock.nowMs()
  const { id } = await app.createLicense()
  app.clock.advanceMs(2 * HOUR_MS + 1000)
  const nowMs = app.clock.nowMs()
  const entries = [
    entry(id, nowMs + 365 * DAY_MS, { domain: 'future.com' }, nowMs + 366 * DAY_MS),
    entry(id, 0, { domain: 'past.com' }, nowMs),
    entry(id, nowMs - HOUR_MS, { domain: 'backwards.com' }, 5),
  ]
  await edge.sendUsage({ run, batch: 1, entries, seen: [] })
  const rows: { domain: string; at: string; last_at: string }[] = await rowsOf(app, id)
  const timesOf = (domain: string) => {
    const { at, last_at } = rows.find((row) => row.domain === domain) ?? { at: '', last_at: '' }
    return [Date.parse(at), Date.parse(last_at)].map((ms) => Math.round((ms - createdMs) / HOUR_MS))
  }
  expect([timesOf('future.com'), timesOf('past.com'), timesOf('backwards.com')]).toEqual([
    [2, 2],
    [0, 1],
    [1, 1],
  ])
  const license = (await app.send('GET', `/api/v1/licenses/${id}`)).body
  expect(Date.parse(license.last_validated_at)).toBeLessThanOrEqual(nowMs)
})

test('edge usage: an activation that was in use on an edge has that time, and never an earlier one', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id, key } = await app.createLicense()
  await app.validate({ key, domain: 'a.com' })
  const read = async () =>
    (await app.send('GET', `/api/v1/licenses/${id}/activations`)).body.data[0]
  const activation = await read()
  app.clock.advanceMs(5 * HOUR_MS)
  const nowMs = app.clock.nowMs()
  const send = (batch: number, atMs: number) =>
    edge.sendUsage({ run, batch, entries: [], seen: [[activation.id, atMs]] })
  await send(1, nowMs)
  expect(Date.parse((await read()).last_seen_at)).toBe(nowMs)
  await send(2, nowMs - 3 * HOUR_MS)
  expect(Date.parse((await read()).last_seen_at)).toBe(nowMs)
  await send(3, nowMs + 100 * DAY_MS)
  expect(Date.parse((await read()).last_seen_at)).toBe(nowMs)
})

test('edge usage: a customer who was erased stays erased when old validations arrive', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense({ customer_email: 'ada@example.com' })
  const atMs = app.clock.nowMs()
  app.clock.advanceMs(HOUR_MS)
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'ada@example.com' })
  const traces = { fingerprint: 'machine', address: '203.0.113.9' }
  await edge.sendUsage({ run, batch: 1, entries: [entry(id, atMs, traces)], seen: [] })
  expect(await rowsOf(app, id)).toMatchObject([{ fingerprint: null, address: null, count: 1 }])
})

test('edge usage: places on edges count as signals of sharing, once a day', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const sharing = { countries_per_day: null, devices_per_day: 2, domains_per_day: null }
  const plan = { product: 'default', slug: 'shared', name: 'Shared', sharing }
  await app.send('POST', '/api/v1/plans', plan)
  const { id } = await app.createLicense({ plan: 'shared' })
  for (let batch = 1; batch <= 5; batch += 1) {
    const entries = [entry(id, app.clock.nowMs(), { fingerprint: `machine-${batch}` })]
    await edge.sendUsage({ run, batch, entries, seen: [] })
  }
  const types = await app.eventTypesOf(id)
  expect(types.filter((type) => type === 'license.sharing_suspected')).toHaveLength(1)
})

test('edge usage: a license that moves to another plan is counted under it', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  await app.send('POST', '/api/v1/plans', { product: 'default', slug: 'other', name: 'Other' })
  const { id } = await app.createLicense()
  const send = (batch: number) =>
    edge.sendUsage({ run, batch, entries: [entry(id, app.clock.nowMs())], seen: [] })
  await send(1)
  const { status } = await app.send('PUT', `/api/v1/licenses/${id}`, { plan: 'other' })
  expect(status).toBe(200)
  await send(2)
  const { plans } = (await app.send('GET', '/api/v1/usage/summary')).body
  expect(plans).toEqual({ professional: 1, other: 1 })
})

test('edge usage: a request that is wrong, or without the token of an edge, changes nothing', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const good = { run, batch: 1, entries: [entry(id, app.clock.nowMs())], seen: [] }
  const wrong: object[] = [
    { ...good, batch: 0 },
    { ...good, batch: 1.5 },
    { ...good, run: '' },
    { ...good, entries: [[id]] },
    { ...good, entries: [entry(id, -1)] },
    { ...good, entries: [entry(id, 1, { count: 0 })] },
    { ...good, entries: Array(2001).fill(good.entries[0]) },
    { ...good, seen: [['act_a']] },
    {},
  ]
  for (const body of wrong) {
    const { status, body: problem } = await edge.sendUsage(body)
    expect([status, problem.code]).toEqual([422, 'validation_failed'])
  }
  const unknown = { authorization: 'Bearer licet_edge_unknown' }
  expect((await app.send('POST', '/api/v1/edge/usage', good, unknown)).status).toBe(401)
  expect(await countOf(app, id)).toBe(0)
})

test('edge usage: the largest batch is stored in one request', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const nowMs = app.clock.nowMs()
  const entries = Array.from({ length: 2000 }, (_, index) =>
    entry(id, nowMs, { fingerprint: `machine-${index}-${'x'.repeat(150)}`, count: 1e9 }),
  )
  const seen = entries.flatMap(() => [
    [id, nowMs],
    [id, nowMs],
  ])
  const { status, text } = await edge.sendUsage({ run, batch: 1, entries, seen })
  expect([status, text.slice(0, 300)]).toEqual([200, '{"batch":1,"unknown":0}'])
  expect(await countOf(app, id)).toBe(2000e9)
})
