import { expect, test } from 'bun:test'
import { parseWait } from '~/http/plugins/prefer-wait.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { createTestEdge, type TestEdge } from '../../support/edges.ts'
import { onlyPostgres, onlySqlite } from '../../support/engine.ts'
import { expectProblem } from '../../support/problems.ts'

const wait = (seconds: number) => ({ prefer: `wait=${seconds}` })

/** Revokes a license, and returns what the response says about edges. */
async function revoke(app: TestApp, id: string, seconds: number) {
  const path = `/api/v1/licenses/${id}/revoke`
  const { status, headers } = await app.send('POST', path, undefined, wait(seconds))
  expect(status).toBe(200)
  return [headers.get('licet-edges'), headers.get('licet-edges-until')]
}

/** Lets an edge ask for changes twice, so that it has confirmed all of them. */
async function connect(edge: TestEdge, query = {}): Promise<string> {
  const { position } = (await edge.poll(query)).body
  return (await edge.poll({ after: position, ...query })).body.position
}

test.each([
  [null, null],
  ['wait=10', 10],
  ['wait', 5],
  ['WAIT = 7', 7],
  ['wait=0', 0],
  ['wait=60', 60],
  ['wait="12"', 12],
  ['wait=""', 5],
  ['respond-async, wait=10', 10],
  ['wait=10;foo=bar, wait=20', 10],
  ['foo="a, wait=99", wait=3', 3],
  ['handling=lenient', null],
  ['waiting=5', null],
])('Prefer: the header %p waits %p seconds', (prefer, seconds) => {
  const headers = prefer === null ? {} : { prefer }
  expect(parseWait(new Request('http://localhost/', { method: 'POST', headers }))).toBe(seconds)
})

test('Prefer: a malformed wait gets 400, and nothing is changed', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  for (const value of ['61', '-1', '1.5', 'x', '', '1e1', '"', '999999999999', '5 6']) {
    const path = `/api/v1/licenses/${id}/revoke`
    const response = await app.send('POST', path, undefined, { prefer: `wait=${value}` })
    expectProblem(response, 400, 'invalid_request')
  }
  expect((await app.send('GET', `/api/v1/licenses/${id}`)).body.status).toBe('active')
  expect((await app.send('GET', '/api/v1/licenses', undefined, { prefer: 'wait=x' })).status).toBe(
    200,
  )
})

test('Prefer: without edges, or with edges that were never connected, the response is 0/0 at once', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await createTestEdge(app)
  expect(await revoke(app, id, 60)).toEqual(['0/0', null])
  const { headers } = await app.send('POST', `/api/v1/licenses/${id}/revoke`)
  expect(headers.has('licet-edges') || headers.has('preference-applied')).toBe(false)
})

test('Prefer: the response comes once the last edge has confirmed the change', async () => {
  await using app = await openTestApp()
  const edges = [await createTestEdge(app, 'eu-1'), await createTestEdge(app, 'us-1')]
  const { id } = await app.createLicense()
  for (const edge of edges) await connect(edge)
  const after = app.deps.store.changes.readPosition()
  let isOver = false
  const revoking = revoke(app, id, 60).finally(() => {
    isOver = true
  })
  for (const edge of edges) {
    const { licenses, position } = (await edge.poll({ after, wait_ms: 1000 })).body
    expect([licenses, isOver]).toEqual([[id], false])
    await edge.poll({ after: position })
  }
  expect(await revoking).toEqual(['2/2', null])
})

onlySqlite(
  'Prefer: when the time is up, the response says until when an edge may still confirm the license',
  async () => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app)
    const { id } = await app.createLicense()
    await connect(edge, { stale_ms: 60_000 })
    app.clock.advanceMs(1500)
    // The lease ends after 5 seconds, stale facts a minute later.
    expect(await revoke(app, id, 0)).toEqual(['0/1', '2026-03-06T00:01:05Z'])
    app.clock.advanceMs(63_499)
    expect(await revoke(app, id, 0)).toEqual(['0/1', '2026-03-06T00:01:05Z'])
    app.clock.advanceMs(1)
    expect(await revoke(app, id, 60)).toEqual(['1/1', null])
  },
)

onlySqlite('Prefer: a lease that came with the change does not delay the response', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const after = await connect(edge)
  app.clock.advanceMs(4000)
  const revoking = revoke(app, id, 60)
  // The edge may never get this response, so it confirms nothing.
  expect((await edge.poll({ after, wait_ms: 1000 })).body.licenses).toEqual([id])
  app.clock.advanceMs(1000)
  expect(await revoking).toEqual(['1/1', null])
})

test('Prefer: an edge that has given up its facts delays nothing', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const after = await connect(edge, { stale_ms: 3_600_000 })
  expect((await edge.poll({ after, empty: 'true', stale_ms: 3_600_000 })).body.good_for_ms).toBe(0)
  expect(await revoke(app, id, 60)).toEqual(['1/1', null])
})

onlySqlite(
  'Prefer: a request that an edge has cut off when it stopped delays nothing',
  async () => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app)
    const { id } = await app.createLicense()
    const after = await connect(edge, { stale_ms: 3_600_000, process: 'a.1' })
    const cutOff = edge.poll({ after, stale_ms: 3_600_000, process: 'a.1', wait_ms: 50 })
    app.clock.advanceMs(10)
    await edge.poll({ after, empty: 'true', stale_ms: 3_600_000, process: 'a.1' })
    expect((await cutOff).body.good_for_ms).toBe(0)
    expect(await revoke(app, id, 60)).toEqual(['1/1', null])
  },
)

test.each([
  ['of an earlier server', { after: '0123456789abcdef.7' }],
  ['that it has forgotten', {}],
])(
  'Prefer: an edge that gives up its facts delays nothing, also with a position %s',
  async (_title, position) => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app)
    const { id } = await app.createLicense()
    await connect(edge, { stale_ms: 3_600_000 })
    const { status } = await edge.poll({ ...position, empty: 'true', stale_ms: 3_600_000 })
    expect(status).toBe(200)
    expect(await revoke(app, id, 60)).toEqual(['1/1', null])
  },
)

onlyPostgres(
  'Prefer: on servers that share a database, a response waits for leases by the clock of the database',
  async () => {
    await using app = await openTestApp()
    const edge = await createTestEdge(app)
    const stale = await createTestEdge(app, 'stale')
    const { id } = await app.createLicense()
    await connect(edge)
    await connect(stale, { stale_ms: 60_000 })
    const startMs = performance.now()
    const untilMinute = expect.stringMatching(/^2026-03-06T00:0(?:0:5\d|1:00)Z$/)
    expect(await revoke(app, id, 6)).toEqual(['1/2', untilMinute])
    expect(performance.now() - startMs).toBeGreaterThan(5900)
    await app.send('DELETE', `/api/v1/edges/${stale.id}`)
    expect((await revoke(app, id, 0))[0]).toBe('1/2')
  },
)

onlySqlite('Prefer: a revoked edge counts for as long as it may still answer', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const after = await connect(edge)
  const { status, headers } = await app.send(
    'DELETE',
    `/api/v1/edges/${edge.id}`,
    undefined,
    wait(0),
  )
  expect([status, headers.get('licet-edges')]).toEqual([204, '0/1'])
  expectProblem(await edge.poll({ after }), 401, 'unauthorized')
  expect((await revoke(app, id, 0))[0]).toBe('0/1')
  app.clock.advanceMs(5000)
  expect((await revoke(app, id, 60))[1]).toBeNull()
})

test('Prefer: every management request that changes something waits', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  await connect(edge)
  const changes: [method: string, path: string, body?: unknown][] = [
    ['PUT', `/api/v1/licenses/${id}`, { metadata: { seats: 1 } }],
    ['POST', `/api/v1/licenses/${id}/rotate-key`],
    ['POST', `/api/v1/licenses/${id}/suspend`],
    ['POST', `/api/v1/licenses/${id}/reinstate`],
    ['PUT', '/api/v1/plans/professional', { grace_days: 1 }],
    ['POST', '/api/v1/licenses/bulk', { action: 'suspend', ids: [id] }],
    ['POST', '/api/v1/keys', { name: 'x', scopes: ['plans:read'] }],
    ['POST', '/api/v1/licenses', { plan: 'starter', customer_email: 'dev@example.com' }],
    ['DELETE', `/api/v1/licenses/${id}`],
  ]
  for (const [method, path, body] of changes) {
    const { status, headers } = await app.send(method, path, body, wait(0))
    const found = [headers.get('licet-edges'), headers.get('preference-applied')]
    expect({ path, isDone: status < 300, found }).toEqual({
      path,
      isDone: true,
      found: ['0/1', 'wait=0'],
    })
  }
})

test('Prefer: a repeated request waits for the change that the first one has made', async () => {
  await using app = await openTestApp()
  const edge = await createTestEdge(app)
  const { id } = await app.createLicense()
  const after = await connect(edge)
  const path = `/api/v1/licenses/${id}/revoke`
  const send = (seconds: number) =>
    app.send('POST', path, undefined, { ...wait(seconds), 'idempotency-key': 'once' })
  expect((await send(0)).headers.get('licet-edges')).toBe('0/1')
  const { position } = (await edge.poll({ after })).body
  await edge.poll({ after: position })
  const { headers } = await send(60)
  expect(headers.get('idempotency-replayed')).toBe('true')
  expect(headers.get('licet-edges')).toBe('1/1')
})
