import { expect, test } from 'bun:test'
import { expectProblem } from '../../support/problems.ts'
import { type EdgeSystem, openEdgeSystem, until } from '../system.ts'

const domain = 'example.com'

/** Opens a system whose edge knows a license. */
async function openWarm(onPartition: string) {
  const system = await openEdgeSystem({ onPartition })
  const { key, id } = await system.primary.createLicense()
  await system.warm({ key, domain })
  return { system, key, id }
}

/** Resolves once the lease has ended and the edge knows that the primary is unreachable. */
async function waitForPartition({ edge }: EdgeSystem): Promise<void> {
  await until(() => !edge.lease.isRunning() && edge.primary.getOutage() !== null)
}

test('edge partition: known licenses are answered with Licet-Stale, and refusals and unknown keys with 503', async () => {
  const { system, key } = await openWarm('stale=1h')
  await using _ = system
  system.network.change({ isRefusing: true })
  system.network.cut()
  await waitForPartition(system)
  const stale = await system.validate({ key, domain })
  expect(stale.body).toMatchObject({ valid: true, warnings: [] })
  expect(stale.headers.get('licet-stale')).toMatch(/^\d+$/)
  expect(stale.headers.get('access-control-expose-headers')).toContain('licet-stale')
  for (const body of [{ key, domain: 'example.org' }, { key: 'TO-0000-0000-0000-0000' }]) {
    const refused = await system.validate(body)
    expectProblem(refused, 503, 'primary_unreachable')
    expect(refused.headers.get('retry-after')).toBe('1')
  }
  expectProblem(
    await system.validate({ key, domain, nonce: 'n'.repeat(22) }),
    503,
    'primary_unreachable',
  )
  expect((await system.send('GET', '/readyz')).body).toEqual({ status: 'stale' })

  const lines = system.logLines.filter((line) => line.includes('known licenses stay valid until'))
  expect(lines).toHaveLength(1)

  system.network.change({})
  await until(() => system.edge.lease.isRunning())
  const current = await system.validate({ key, domain })
  expect(current.headers.get('licet-stale')).toBeNull()
  expect((await system.validate({ key, domain: 'example.org' })).status).toBe(200)
  expect(system.logLines.join('')).toContain('the primary is back')
}, 180_000)

test.each(['forward', 'stale=0'])(
  'edge partition: with %s, nothing is answered from memory once the lease has ended',
  async (onPartition) => {
    const { system, key } = await openWarm(onPartition)
    await using _ = system
    system.network.change({ isRefusing: true })
    system.network.cut()
    await waitForPartition(system)
    expectProblem(await system.validate({ key, domain }), 503, 'primary_unreachable')
    expectProblem(await system.send('GET', '/readyz'), 503, 'primary_unreachable')
  },
  180_000,
)

test('edge partition: stale answers end after their duration', async () => {
  const { system, key } = await openWarm('stale=1s')
  await using _ = system
  system.network.change({ isRefusing: true })
  system.network.cut()
  await waitForPartition(system)
  await until(() => (system.edge.lease.getAgeMs() ?? 0) >= 1000)
  expectProblem(await system.validate({ key, domain }), 503, 'primary_unreachable')
}, 180_000)

test('edge partition: only the first requests wait for a primary that does not respond', async () => {
  const { system, key } = await openWarm('stale=1h')
  await using _ = system
  system.network.change({ toServer: { isDead: true }, toClient: { isDead: true } })
  const another = { key, domain: 'example.org' }
  expectProblem(await system.validate(another), 503, 'primary_unreachable')
  await waitForPartition(system)
  const durationsMs: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const startedAtMs = performance.now()
    expectProblem(await system.validate(another), 503, 'primary_unreachable')
    expect((await system.validate({ key, domain })).headers.has('licet-stale')).toBe(true)
    durationsMs.push(performance.now() - startedAtMs)
  }
  // A wait of three seconds would delay each of them, a busy machine only some.
  expect(Math.min(...durationsMs)).toBeLessThan(2900)
}, 180_000)

const html = { 'content-type': 'text/html' }
const problem = { 'content-type': 'application/problem+json' }

test.each([
  ['a page', 404, {}],
  ['a page with an ID', 200, { ...html, 'x-request-id': 'id' }],
  ['an error page with an ID', 404, { ...html, 'x-request-id': 'id' }],
  ['a demand for a password', 401, { ...html, 'www-authenticate': 'Basic' }],
  ['what another edge responds', 421, { ...problem, 'x-request-id': 'id' }],
])(
  'edge partition: if the address of the primary returns %s, it is not relayed, and nothing is forgotten',
  async (_name, status, headers) => {
    const { system, key } = await openWarm('stale=1h')
    await using _ = system
    using page = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response('{"valid":true}', { status, headers }),
    })
    system.network.redirect(page.port ?? 0)
    system.network.cut()
    const refused = await system.validate({ key, domain: 'example.org' })
    expectProblem(refused, 503, 'primary_unreachable')
    await waitForPartition(system)
    expect((await system.validate({ key, domain })).headers.has('licet-stale')).toBe(true)
  },
  180_000,
)

test('edge partition: an address without a feed is no primary, so its 404 does not reach apps', async () => {
  const { system } = await openWarm('stale=1h')
  await using _ = system
  const { edge } = system
  using old = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response('{}', { status: 404, headers: { ...problem, 'x-request-id': 'id' } }),
  })
  system.network.redirect(old.port ?? 0)
  system.network.cut()
  await until(() => edge.primary.getOutage() !== null)
  const refused = await system.validate({ key: 'TO-0000-0000-0000-0000' })
  expectProblem(refused, 503, 'primary_unreachable')
  await until(() => system.logLines.join('').includes('has no feed for edges'))
}, 180_000)

test('edge partition: an edge that was revoked forgets everything, and serves nothing from memory', async () => {
  const { system, key } = await openWarm('stale=1h')
  await using _ = system
  await system.primary.send('DELETE', `/api/v1/edges/${system.edgeId}`)
  await until(() => system.edge.facts.count() === 0)
  for (const refused of [
    await system.validate({ key, domain }),
    await system.send('GET', '/api/v1/revocations'),
    await system.send('GET', '/readyz'),
  ]) {
    expectProblem(refused, 503, 'primary_unreachable')
    expect(refused.body.detail).toContain('The primary rejects the token of this edge')
  }
  expect(system.logLines.join('')).toContain('rejects LICET_EDGE_TOKEN')
}, 180_000)
