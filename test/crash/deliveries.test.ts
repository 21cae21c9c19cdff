import { expect, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { type ReceivedRequest, respond, startReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const KILLS = 5
const CLIENTS = 8
const UNTIL_KILL_MAX = 100
const SEED = 20_260_306
const OK = respond(204)

/** Creates a Park–Miller generator, so that every run kills at the same counts. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Creates licenses until the server dies. Reports each that was acknowledged. */
async function createUntilDeath(server: ServerProcess, acknowledge: (id: string) => void) {
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  for (;;) {
    const created = await server.send('POST', '/api/v1/licenses', order).catch(() => null)
    if (created === null) return
    acknowledge(created.body.id)
  }
}

async function listEventIds(server: ServerProcess): Promise<string[]> {
  const ids: string[] = []
  let query = '?limit=100'
  for (;;) {
    const { body } = await server.send('GET', `/api/v1/events${query}`)
    ids.push(...body.data.map(({ id }: { id: string }) => id))
    if (body.next_cursor === null) return ids
    query = `?limit=100&cursor=${body.next_cursor}`
  }
}

const idOf = ({ headers }: ReceivedRequest) => headers['webhook-id'] ?? ''

test('kill -9: every event of an acknowledged license is delivered, however often it happens', async () => {
  const random = createRandom(SEED)
  const acknowledged = new Set<string>()
  const arrivedIds = new Set<string>()
  let untilKill = Number.POSITIVE_INFINITY
  let kill = () => {}
  let onArrival = () => {}

  /** Half of the kills follow a response of the API, half precede one of the receiver. */
  const countDown = (isCounted: boolean) => {
    if (isCounted && --untilKill === 0) kill()
  }
  let countsArrivals = false
  await using receiver = await startReceiver((socket, request) => {
    arrivedIds.add(idOf(request))
    onArrival()
    countDown(countsArrivals)
    if (untilKill > 0) OK(socket, request)
  })

  using sandbox = new Sandbox()
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }
  let secret = ''
  for (let round = 0; round < KILLS; round += 1) {
    await using server = await startServer(sandbox, env)
    if (round === 0) {
      const { body } = await server.send('POST', '/api/v1/webhooks', { url: receiver.url })
      secret = body.secret
    }
    countsArrivals = round % 2 === 1
    untilKill = 1 + Math.floor(random() * UNTIL_KILL_MAX)
    const isDead = new Promise<void>((resolve) => {
      kill = () => void server.kill().then(resolve)
    })
    const clients = Array.from({ length: CLIENTS }, () =>
      createUntilDeath(server, (id) => {
        acknowledged.add(id)
        countDown(!countsArrivals)
      }),
    )
    await Promise.all([...clients, isDead])
  }

  untilKill = Number.POSITIVE_INFINITY
  await using server = await startServer(sandbox, env)
  const eventIds = await listEventIds(server)
  while (eventIds.some((id) => !arrivedIds.has(id))) {
    await new Promise<void>((resolve) => {
      onArrival = resolve
    })
  }

  const webhook = new Webhook(secret)
  const bodies = new Map<string, string>()
  const licenseIds = new Set<string>()
  for (const request of receiver.requests) {
    const { id, type, data } = webhook.verify(request.body, request.headers) as {
      id: string
      type: string
      data: { license: { id: string } }
    }
    expect([id, type]).toEqual([idOf(request), 'license.created'])
    expect(request.body).toBe(bodies.get(id) ?? request.body)
    bodies.set(id, request.body)
    licenseIds.add(data.license.id)
  }
  expect([...acknowledged].filter((id) => !licenseIds.has(id))).toEqual([])
  expect([...bodies.keys()].sort()).toEqual(eventIds.sort())
  // The kills before a response of the receiver left attempts that had to be repeated.
  expect(receiver.requests.length).toBeGreaterThan(bodies.size)
})
