import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { createTestEdge } from '../../support/edges.ts'
import { onlyPostgres, onlySqlite } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/edges'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

test('edges: the token is only in the response that creates the edge', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('POST', path, { name: 'eu-1' })
  expect(status).toBe(201)
  expect(body).toEqual({
    id: expect.stringMatching(/^edge_[0-9a-z]{26}$/),
    name: 'eu-1',
    created_at: '2026-03-06T00:00:00Z',
    last_seen_at: null,
    connected: false,
    lag_changes: null,
    lag_seconds: null,
    lease_until: null,
    answers_until: null,
    stale_seconds: 0,
    usage_until: null,
    token: expect.stringMatching(/^licet_edge_[0-9A-Za-z]{36}$/),
  })
  const { token, ...rest } = body
  const list = await app.send('GET', path)
  expect(list.body).toEqual({ data: [rest], next_cursor: null })
  expect((await app.send('GET', `${path}/${body.id}`)).body).toEqual(rest)
  expect(JSON.stringify(await app.database.readRows())).not.toContain(token)
  expect(await app.database.readEventTypes()).toEqual([])
})

test('edges: a repeated request creates one edge, and its response has no token', async () => {
  await using app = await openTestApp()
  const create = () => app.send('POST', path, { name: 'eu-1' }, { 'idempotency-key': 'once' })
  const { id } = (await create()).body
  expect((await create()).body).toMatchObject({ id, token: null })
  expectProblem(await app.send('POST', path, { name: 'eu-1' }), 409, 'already_exists')
  expect((await app.send('GET', path)).body.data).toHaveLength(1)
})

test('edges: a name has 1 to 200 visible characters', async () => {
  await using app = await openTestApp()
  for (const body of [
    {},
    { name: '' },
    { name: ' ' },
    { name: 'a\nb' },
    { name: 'x'.repeat(201) },
  ]) {
    expectProblem(await app.send('POST', path, body), 422, 'validation_failed', ['/name'])
  }
})

test('edges: the scopes edges:read and edges:write are needed', async () => {
  await using app = await openTestApp()
  const reader = { authorization: `Bearer ${await app.tokenWith('edges:read')}` }
  const { id } = await createTestEdge(app)
  expect((await app.send('GET', path, undefined, reader)).status).toBe(200)
  expectProblem(await app.send('POST', path, { name: 'x' }, reader), 403, 'missing_scope')
  const deletion = await app.send('DELETE', `${path}/${id}`, undefined, reader)
  expectProblem(deletion, 403, 'missing_scope')
})

onlySqlite('edges: one that asks for changes is connected, until its lease ends', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const read = async () => (await app.send('GET', `${path}/${edge.id}`)).body
  const query = { stale_ms: HOUR_MS }
  const { position } = (await edge.poll(query)).body
  app.clock.advanceMs(1000)
  await edge.poll({ ...query, after: position, usage_until_ms: app.clock.nowMs() })
  expect(await read()).toMatchObject({
    connected: true,
    last_seen_at: '2026-03-06T00:00:01Z',
    lease_until: '2026-03-06T00:00:06Z',
    answers_until: '2026-03-06T01:00:06Z',
    stale_seconds: 3600,
    usage_until: '2026-03-06T00:00:01Z',
  })
  const { position: latest } = (await edge.poll({ ...query, after: position })).body
  await edge.poll({ ...query, after: latest })
  expect(await read()).toMatchObject({ lag_changes: 0, lag_seconds: 0 })
  await app.createLicense()
  app.clock.advanceMs(2000)
  expect(await read()).toMatchObject({ connected: true, lag_changes: 1, lag_seconds: 2 })
  app.clock.advanceMs(3000)
  const away = { connected: false, lease_until: null, lag_changes: 1, lag_seconds: 5 }
  const answers_until = '2026-03-06T01:00:06Z'
  expect(await read()).toMatchObject({ ...away, answers_until })
  app.clock.advanceMs(HOUR_MS)
  expect((await read()).answers_until).toBeNull()
})

onlyPostgres(
  'edges: on servers that share a database, one is connected until it has not asked for a minute, and its lag is unknown',
  async () => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app)
    await createTestEdge(app, 'never-connected')
    const read = async () => (await app.send('GET', `${path}/${edge.id}`)).body
    await edge.poll({ stale_ms: HOUR_MS })
    app.clock.advanceMs(MINUTE_MS)
    const unknown = { lag_changes: null, lag_seconds: null, lease_until: null }
    const last_seen_at = '2026-03-06T00:00:00Z'
    expect(await read()).toMatchObject({ connected: true, last_seen_at, ...unknown })
    const count = async () =>
      (await app.send('GET', '/metrics')).text.match(/^licet_edges.*$/gm)?.toSorted()
    expect(await count()).toEqual([
      'licet_edges{state="away"} 0',
      'licet_edges{state="connected"} 1',
    ])
    app.clock.advanceMs(MINUTE_MS)
    expect(await read()).toMatchObject({ connected: false, last_seen_at, ...unknown })
    expect(await count()).toEqual([
      'licet_edges{state="away"} 1',
      'licet_edges{state="connected"} 0',
    ])
  },
)

test('edges: the delivered usage is recorded about once a minute, and is never in the future', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const usageUntil = async () => (await app.send('GET', `${path}/${edge.id}`)).body.usage_until
  await edge.poll({ usage_until_ms: app.clock.nowMs() })
  app.clock.advanceMs(2 * MINUTE_MS)
  await edge.poll({ usage_until_ms: app.clock.nowMs() + 9 * MINUTE_MS })
  expect(await usageUntil()).toBe('2026-03-06T00:02:00Z')
  app.clock.advanceMs(MINUTE_MS)
  await edge.poll({ usage_until_ms: app.clock.nowMs() - MINUTE_MS })
  expect(await usageUntil()).toBe('2026-03-06T00:02:00Z')
})

test('edges: the token of a revoked edge stops working at once, also for a request that waits', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { key } = await app.createLicense()
  const { position } = (await edge.poll()).body
  const after = (await edge.poll({ after: position })).body.position
  const waiting = edge.poll({ after, wait_ms: 1000 })
  const { status, text } = await app.send('DELETE', `${path}/${edge.id}`)
  expect([status, text]).toEqual([204, ''])
  expectProblem(await waiting, 401, 'unauthorized')
  expectProblem(await edge.poll({ after }), 401, 'unauthorized')
  expectProblem(await edge.readFacts({ key }), 401, 'unauthorized')
  expectProblem(await edge.forward('POST', '/api/v1/validate', { key }), 401, 'unauthorized')
  expectProblem(await app.send('GET', `${path}/${edge.id}`), 404, 'not_found')
  expectProblem(await app.send('DELETE', `${path}/${edge.id}`), 404, 'not_found')
  expect((await app.send('GET', path)).body.data).toEqual([])
  await createTestEdge(app, 'eu-1')
})

test('edges: creating and revoking one is audited, without its token', async () => {
  await using app = await openTestApp()
  const { id, token } = await createTestEdge(app)
  await app.send('DELETE', `${path}/${id}`)
  const { body, text } = await app.send('GET', `/api/v1/audit?subject_id=${id}`)
  const actions = body.data.map(({ action }: { action: string }) => action)
  expect(actions).toEqual(['edge.revoke', 'edge.create'])
  expect(text).not.toContain(token)
})

onlySqlite(
  'edges: metrics count those that were ever connected, and have the lag of each',
  async () => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app, 'eu-1')
    const away = await createTestEdge(app, 'us-1')
    await createTestEdge(app, 'never-connected')
    await away.poll()
    app.clock.advanceMs(9000)
    const { position } = (await edge.poll()).body
    const { position: latest } = (await edge.poll({ after: position })).body
    await edge.poll({ after: latest })
    const { text } = await app.send('GET', '/metrics')
    const lines = text.split('\n').filter((line) => /^licet_edge/.test(line))
    expect(lines.sort()).toEqual([
      'licet_edge_lag_seconds{edge="eu-1"} 0',
      'licet_edge_lag_seconds{edge="us-1"} 9',
      'licet_edges{state="away"} 1',
      'licet_edges{state="connected"} 1',
    ])
  },
)

test('overview: an edge that was away for more than 10 minutes needs a person', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  await createTestEdge(app, 'never-connected')
  const listAway = async (headers = {}) => {
    const { body } = await app.send('GET', '/api/v1/overview', undefined, headers)
    return body.needs_you.filter(({ code }: { code: string }) => code === 'edge_away')
  }
  await edge.poll()
  app.clock.advanceMs(10 * MINUTE_MS)
  expect(await listAway()).toEqual([])
  app.clock.advanceMs(1000)
  const [concern, ...others] = await listAway()
  expect(concern).toMatchObject({
    detail: expect.stringContaining('eu-1'),
    path: `${path}/${edge.id}`,
  })
  expect(others).toEqual([])
  const token = await app.tokenWith('licenses:read')
  expect(await listAway({ authorization: `Bearer ${token}` })).toEqual([])
  await edge.poll()
  expect(await listAway()).toEqual([])
})
