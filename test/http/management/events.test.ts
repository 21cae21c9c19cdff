import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

interface Shown {
  readonly id: string
  readonly type: string
  readonly sequence: number
}

async function openWithLife(): Promise<{ app: TestApp; id: string; events: string }> {
  const app = await openTestApp()
  const license = await app.createLicense()
  const path = `/api/v1/licenses/${license.id}`
  await app.createLicense({ customer_email: 'other@example.com' })
  await app.validate({ key: license.key, domain: 'example.com' })
  app.clock.advanceMs(60_000)
  await app.send('POST', `${path}/suspend`, { reason: 'fraud' })
  return { app, id: license.id, events: `${path}/events` }
}

test('events: a license lists its events newest first, each with a sequence number', async () => {
  const { app, events } = await openWithLife()
  await using _ = app
  const { status, body } = await app.send('GET', events)
  expect(status).toBe(200)
  expect(body.next_cursor).toBeNull()
  expect(body.data.map(({ type, sequence }: Shown) => [sequence, type])).toEqual([
    [4, 'license.suspended'],
    [3, 'activation.created'],
    [2, 'license.activated'],
    [1, 'license.created'],
  ])
})

test('events: an event contains the license at that time, its key masked, and previous values', async () => {
  const { app, id, events } = await openWithLife()
  await using _ = app
  const { body } = await app.send('GET', events)
  const { body: license } = await app.send('GET', `/api/v1/licenses/${id}`)
  const key = `TO-****-****-****-${license.key.slice(-4)}`
  const [suspended, activation] = body.data
  expect(suspended).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    type: 'license.suspended',
    timestamp: '2026-03-06T00:01:00Z',
    license_id: id,
    sequence: 4,
    data: {
      license: { ...license, key },
      sequence: 4,
      previous: {
        status: 'active',
        suspended_at: null,
        suspension_reason: null,
        suspension_cause: null,
      },
    },
  })
  expect(activation.data.activation).toEqual({
    id: expect.stringMatching(/^act_[0-9a-z]{26}$/),
    license_id: id,
    kind: 'domain',
    value: 'example.com',
    name: null,
    free: false,
    created_at: '2026-03-06T00:00:00Z',
    last_seen_at: '2026-03-06T00:00:00Z',
    country: null,
  })
})

test('events: `previous` contains only the changed fields', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  app.clock.advanceMs(1000)
  const change = { max_domains: 9, metadata: { order: 'A-1' }, customer_email: 'dev@example.com' }
  await app.send('PUT', `/api/v1/licenses/${id}`, change)
  await app.validate({ key, domain: 'example.com' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/events`)
  const previous = Object.fromEntries(
    body.data.map(({ type, data }: { type: string; data: { previous?: object } }) => [
      type,
      data.previous,
    ]),
  )
  expect(previous).toEqual({
    'license.created': undefined,
    'license.updated': { max_domains: 3, overrides: [], metadata: {} },
    'license.activated': { activated_at: null, domains: [], domains_count: 0 },
    'activation.created': { activated_at: null, domains: [], domains_count: 0 },
  })
})

test('events: an event does not change when its license does', async () => {
  const { app, id, events } = await openWithLife()
  await using _ = app
  const before = await app.send('GET', events)
  await app.send('PUT', `/api/v1/licenses/${id}`, { customer_email: 'new@example.com' })
  await app.send('PUT', '/api/v1/plans/professional', { max_domains: 99 })
  const after = await app.send('GET', events)
  expect(after.body.data.slice(1)).toEqual(before.body.data)
})

test('events: the list is in commit order even when the clock goes back', async () => {
  await using app = await openTestApp()
  const first = await app.createLicense()
  app.clock.advanceMs(-3_600_000)
  const second = await app.createLicense()
  const { body } = await app.send('GET', '/api/v1/events')
  expect(body.data.map(({ license_id }: { license_id: string }) => license_id)).toEqual([
    second.id,
    first.id,
  ])
})

test('events: the list filters by type, group and license, and continues after any event', async () => {
  const { app, id } = await openWithLife()
  await using _ = app
  const typesOf = async (query: string) =>
    (await app.send('GET', `/api/v1/events?${query}`)).body.data.map(({ type }: Shown) => type)
  expect(await typesOf('type=license.created')).toEqual(['license.created', 'license.created'])
  expect(await typesOf('type=activation.*')).toEqual(['activation.created'])
  expect(await typesOf(`license_id=${id}&type=license.*`)).toEqual([
    'license.suspended',
    'license.activated',
    'license.created',
  ])
  const oldest = (await app.send('GET', '/api/v1/events')).body.data.at(-1)
  expect(await typesOf(`after=${oldest.id}`)).toEqual([
    'license.created',
    'license.activated',
    'activation.created',
    'license.suspended',
  ])
})

test('events: pages have no gaps or repeats in either direction', async () => {
  const { app, id, events } = await openWithLife()
  await using _ = app
  const read = async (path: string) => {
    const sequences: number[] = []
    for (let cursor = ''; ; ) {
      const { body } = await app.send('GET', `${path}limit=1${cursor}`)
      sequences.push(...body.data.map(({ sequence }: Shown) => sequence))
      if (body.next_cursor === null) return sequences
      cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`
    }
  }
  expect(await read(`${events}?`)).toEqual([4, 3, 2, 1])
  const { body } = await app.send('GET', `${events}?limit=4`)
  const query = `license_id=${id}&after=${body.data[3].id}&`
  expect(await read(`/api/v1/events?${query}`)).toEqual([2, 3, 4])
})

test('events: one event is returned by its id; unknown ids and filters are rejected', async () => {
  const { app, events } = await openWithLife()
  await using _ = app
  const [event] = (await app.send('GET', events)).body.data
  expect((await app.send('GET', `/api/v1/events/${event.id}`)).body).toEqual(event)
  const unknown = 'evt_01jg3m8v5mf1x8yq1r5c2w7h3k'
  expectProblem(await app.send('GET', `/api/v1/events/${unknown}`), 404, 'not_found')
  const after = await app.send('GET', `/api/v1/events?after=${unknown}`)
  expectProblem(after, 422, 'validation_failed', ['?after'])
  const type = await app.send('GET', '/api/v1/events?type=license.deleted')
  expectProblem(type, 422, 'validation_failed', ['?type'])
})
