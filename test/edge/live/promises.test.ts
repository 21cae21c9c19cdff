import { expect, test } from 'bun:test'
import { readResponse, type TestResponse } from '../../support/app.ts'
import { type Cluster, type ClusterEdge, type EdgePlan, startCluster } from './model/cluster.ts'

const strict: EdgePlan = { name: 'strict', staleSeconds: 0 }
const stale: EdgePlan = { name: 'stale', staleSeconds: 8 }
const LEASE_MS = 5000
/** The first request after the lease waits for three seconds, and a machine may stall for as long. */
const STALE_MS = 8000
const SETTLE_MS = 300
const SECOND_MS = 1000
const TIMEOUT_MS = 180_000

interface License {
  readonly id: string
  readonly key: string
}

async function createLicense({ send }: Cluster): Promise<License> {
  const order = { plan: 'professional', customer_email: 'ada@example.com' }
  const { status, body } = await send('POST', '/api/v1/licenses', order)
  expect(status).toBe(201)
  return body
}

async function validate(edge: ClusterEdge, { key }: License): Promise<TestResponse> {
  const response = await fetch(`${edge.url()}/api/v1/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, domain: 'shop.example.com' }),
  })
  return readResponse(response)
}

/** Validates while the primary can be reached, which for an edge on a machine that stalls for seconds is away. */
async function validateOnline(edge: ClusterEdge, license: License): Promise<TestResponse['body']> {
  for (;;) {
    const { status, body } = await validate(edge, license)
    if (status !== 503) return body
    await Bun.sleep(20)
  }
}

/** Validates until the edge answers from memory, and has all changes, so that it will not forget. */
async function teach(edge: ClusterEdge, license: License): Promise<void> {
  for (let known = 0; known < 2; ) {
    const before = await edge.countConfirmed()
    expect(await validateOnline(edge, license)).toMatchObject({ valid: true })
    const isKnown = (await edge.countConfirmed()) > before
    known = isKnown ? known + 1 : 0
    // A poll that is answered after this has all changes.
    if (isKnown) await Bun.sleep(SETTLE_MS)
  }
}

const dead = { toServer: { isDead: true }, toClient: { isDead: true } }

interface Reach {
  /** The header `Licet-Edges`. */
  readonly edges: string | null
  /** How far `Licet-Edges-Until` is ahead of the beginning, in whole seconds that are rounded up. */
  readonly untilMs: number
  readonly durationMs: number
}

/** Changes the status of a license, with these headers. */
async function change(
  { send }: Cluster,
  { id }: License,
  action: 'suspend' | 'reinstate',
  headers: Record<string, string>,
): Promise<Reach> {
  const [startedAtMs, beganMs] = [performance.now(), Date.now()]
  const response = await send('POST', `/api/v1/licenses/${id}/${action}`, undefined, headers)
  expect(response.status, response.text).toBe(200)
  const until = response.headers.get('licet-edges-until')
  return {
    edges: response.headers.get('licet-edges'),
    untilMs: until === null ? 0 : Date.parse(until) - beganMs,
    durationMs: performance.now() - startedAtMs,
  }
}

const suspend = (cluster: Cluster, license: License, prefer: string) =>
  change(cluster, license, 'suspend', { prefer })

/** Starts a primary with one edge, which knows a license. */
async function startPair(plan: EdgePlan) {
  const cluster = await startCluster([plan])
  const [edge] = cluster.edges
  if (edge === undefined) throw new Error('There is an edge.')
  const license = await createLicense(cluster)
  await teach(edge, license)
  return { cluster, edge, license, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() }
}

function promise(title: string, check: () => Promise<void>): void {
  test(`edges: ${title}`, check, TIMEOUT_MS)
}

promise(
  'one that is cut off answers until its lease and stale time end, never longer',
  async () => {
    await using pair = await startPair(stale)
    const { cluster, edge, license } = pair
    edge.network.change(dead)
    const cutAtMs = performance.now()
    const { edges, untilMs } = await suspend(cluster, license, 'wait=1')
    expect(edges).toBe('0/1')
    expect(untilMs).toBeGreaterThan(LEASE_MS + SECOND_MS)
    expect(untilMs).toBeLessThan(LEASE_MS + STALE_MS + SECOND_MS)
    let lastValidMs = 0
    let stales = 0
    for (;;) {
      const askedAtMs = performance.now()
      const { status, body, headers } = await validate(edge, license)
      if (status === 503) break
      expect(body).toMatchObject({ valid: true })
      lastValidMs = askedAtMs - cutAtMs
      if (headers.has('licet-stale')) stales += 1
      await Bun.sleep(20)
    }
    expect(stales).toBeGreaterThan(0)
    expect(lastValidMs).toBeGreaterThan(LEASE_MS)
    expect(lastValidMs).toBeLessThan(LEASE_MS + STALE_MS)
    edge.network.change({})
    expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  },
)

promise('a suspension that waits holds everywhere, also if the line is slow', async () => {
  await using pair = await startPair(strict)
  const { cluster, edge, license } = pair
  edge.network.change({ toServer: { delayMs: 150 }, toClient: { delayMs: 150 } })
  const { edges, durationMs } = await suspend(cluster, license, 'wait=10')
  expect(edges).toBe('1/1')
  expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  expect(durationMs).toBeGreaterThanOrEqual(300)
})

promise('one that is paused never confirms afterwards what has ended meanwhile', async () => {
  await using pair = await startPair(strict)
  const { cluster, edge, license } = pair
  const pausedAtMs = performance.now()
  edge.signal('SIGSTOP')
  const { edges } = await suspend(cluster, license, 'wait=10')
  expect(edges).toBe('1/1')
  expect(performance.now() - pausedAtMs).toBeGreaterThan(LEASE_MS - 2 * SECOND_MS)
  const asked = validate(edge, license)
  edge.signal('SIGCONT')
  expect((await asked).body.valid).not.toBe(true)
})

promise('after a start, the primary waits for leases of the former process', async () => {
  await using pair = await startPair(stale)
  const { cluster, edge, license } = pair
  await cluster.killPrimary()
  edge.network.change(dead)
  await cluster.startPrimary()
  expect((await suspend(cluster, license, 'wait=0')).edges).toBe('0/1')
  expect((await validate(edge, license)).body).toMatchObject({ valid: true })
  // It waits for the end of the leases, and not until its own.
  const { edges, durationMs } = await change(cluster, license, 'reinstate', { prefer: 'wait=50' })
  expect(edges).toBe('1/1')
  expect(durationMs).toBeLessThan(4 * (LEASE_MS + STALE_MS))
})

promise(
  'facts from before a backup was restored are not used once the edge has polled',
  async () => {
    await using pair = await startPair(stale)
    const { cluster, edge, license } = pair
    await suspend(cluster, license, 'wait=5')
    await cluster.backUp('suspended.sqlite')
    await change(cluster, license, 'reinstate', { prefer: 'wait=5' })
    await teach(edge, license)
    await cluster.killPrimary()
    await cluster.restore('suspended.sqlite')
    await cluster.startPrimary()
    const plan = { method: 'PUT', path: '/api/v1/plans/professional', body: { name: 'Pro' } }
    const { headers } = await cluster.send(plan.method, plan.path, plan.body, { prefer: 'wait=20' })
    expect(headers.get('licet-edges')).toBe('1/1')
    expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  },
)

promise('one that was revoked while it was cut off counts for as long as it answers', async () => {
  await using pair = await startPair(stale)
  const { cluster, edge, license } = pair
  edge.network.change(dead)
  const { body } = await cluster.send('GET', '/api/v1/edges')
  const removal = await cluster.send('DELETE', `/api/v1/edges/${body.data[0].id}`)
  expect(removal.status).toBe(204)
  expect((await suspend(cluster, license, 'wait=0')).edges).toBe('0/1')
  expect((await validate(edge, license)).body).toMatchObject({ valid: true })
})

promise(
  'a command that is repeated waits again, and so does one that changes nothing',
  async () => {
    await using pair = await startPair(stale)
    const { cluster, edge, license } = pair
    edge.network.change(dead)
    const headers = { prefer: 'wait=1', 'idempotency-key': 'suspend-once' }
    expect((await change(cluster, license, 'suspend', headers)).edges).toBe('0/1')
    expect((await change(cluster, license, 'suspend', headers)).edges).toBe('0/1')
    const nothing = { name: 'Professional' }
    const again = await cluster.send('PUT', '/api/v1/plans/professional', nothing, {
      prefer: 'wait=1',
    })
    expect(again.headers.get('licet-edges')).toBe('0/1')
    edge.network.change({})
    const patient = { ...headers, prefer: 'wait=20' }
    expect((await change(cluster, license, 'suspend', patient)).edges).toBe('1/1')
    expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  },
)

promise(
  'after an old backup was restored, the primary waits for leases of the former process',
  async () => {
    await using pair = await startPair(stale)
    const { cluster, edge, license } = pair
    await cluster.backUp('old.sqlite')
    edge.network.change(dead)
    await cluster.killPrimary()
    await cluster.restore('old.sqlite')
    cluster.editDatabase((db) => db.run('UPDATE edges SET last_polled_at_ms = 1'))
    await cluster.startPrimary()
    expect((await suspend(cluster, license, 'wait=0')).edges).toBe('0/1')
    expect((await validate(edge, license)).body).toMatchObject({ valid: true })
  },
)

promise('two processes with one token are both waited for', async () => {
  await using pair = await startPair(stale)
  const { cluster, edge, license } = pair
  await using twin = await edge.startTwin()
  await teach(twin, license)
  twin.network.change(dead)
  expect((await suspend(cluster, license, 'wait=1')).edges).toBe('0/1')
  expect((await validate(twin, license)).body).toMatchObject({ valid: true })
  expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
})

promise('one that is killed is not waited for once it runs again', async () => {
  await using pair = await startPair({ name: 'patient', staleSeconds: 3600 })
  const { cluster, edge, license } = pair
  await edge.kill()
  await edge.start()
  expect((await suspend(cluster, license, 'wait=10')).edges).toBe('1/1')
  expect(await validateOnline(edge, license)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
})
