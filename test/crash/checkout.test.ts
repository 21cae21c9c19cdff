import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { databasePath } from '~/store/sqlite/connection.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const KILLS = 50
const CLIENTS = 8
/** Events that are acknowledged before a kill: few, so that most of them are still to be processed. */
const UNTIL_KILL_MAX = 16
const UNPROCESSED = "checkout_events WHERE state = 'received'"
const SECRET = 'whsec_b25lIHNlY3JldCBvZiBhIHNob3AgaW4gdGVzdHM='

/** Sends an event as a shop does. Returns null if the server died before it responded. */
function sell(server: ServerProcess, order: number): Promise<number | null> {
  const body = JSON.stringify({
    type: 'paid',
    id: `event-${order}`,
    occurred_at: new Date().toISOString(),
    order_id: `order-${order}`,
    customer: { email: `customer-${order}@example.com` },
    items: [{ price: 'one license' }],
  })
  const now = new Date()
  const headers = {
    'content-type': 'application/json',
    'webhook-id': `event-${order}`,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(`event-${order}`, now, body),
  }
  return fetch(`${server.url}/api/v1/checkout/standard`, { method: 'POST', headers, body }).then(
    ({ status }) => status,
    () => null,
  )
}

function countRows(sandbox: Sandbox, from: string): number {
  using db = new Database(databasePath(sandbox.at('data')), { readonly: true })
  const sql = `SELECT count(*) AS count FROM ${from}`
  return db.query<{ count: number }, []>(sql).get()?.count ?? 0
}

/** Kills a server at once, or in every second round while it turns events into licenses. */
async function kill(server: ServerProcess, sandbox: Sandbox, round: number): Promise<void> {
  const licenses = countRows(sandbox, 'licenses')
  const isIdle = () =>
    countRows(sandbox, UNPROCESSED) > 0 && countRows(sandbox, 'licenses') === licenses
  while (round % 2 === 1 && isIdle()) await server.send('GET', '/livez')
  await server.kill()
}

test('kill -9: each sale that was acknowledged makes one license, however often it happens', async () => {
  using sandbox = new Sandbox()
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_STANDARD_SECRETS: SECRET }
  let acknowledged = 0
  let interrupted = 0
  let next = 0
  for (let round = 0; round < KILLS; round += 1) {
    await using server = await startServer(sandbox, env)
    if (round === 0) {
      const rule = { price: 'one license', plan: 'starter' }
      expect((await server.send('POST', '/api/v1/checkout/rules', rule)).status).toBe(201)
    }
    const killed = Promise.withResolvers<void>()
    let untilKill = 1 + (round % UNTIL_KILL_MAX)
    const sellUntilDeath = async () => {
      for (;;) {
        next += 1
        const status = await sell(server, next)
        if (status === null) return
        expect(status).toBe(200)
        acknowledged += 1
        untilKill -= 1
        if (untilKill === 0) void kill(server, sandbox, round).then(killed.resolve)
        // While events are processed, others only add to those that wait.
        if (untilKill <= 0 && round % 2 === 1) return
      }
    }
    await Promise.all([killed.promise, ...Array.from({ length: CLIENTS }, sellUntilDeath)])
    interrupted += Number(countRows(sandbox, UNPROCESSED) > 0)
  }
  expect(acknowledged).toBeGreaterThan(KILLS)
  expect(interrupted).toBeGreaterThan(KILLS / 2)
  expect(countRows(sandbox, 'licenses')).toBeGreaterThanOrEqual(KILLS / 2)

  await using server = await startServer(sandbox, env)
  // Shops repeat what was not acknowledged, and sometimes also what was.
  for (let order = 1; order <= next; order += 1) expect(await sell(server, order)).toBe(200)
  while (countRows(sandbox, UNPROCESSED) > 0) await server.send('GET', '/api/v1/checkout/events')
  expect(countRows(sandbox, "checkout_events WHERE state = 'done'")).toBe(next)
  expect(countRows(sandbox, 'licenses')).toBe(next)
  expect(countRows(sandbox, "events WHERE type = 'license.created'")).toBe(next)
  expect(countRows(sandbox, '(SELECT DISTINCT customer_email FROM licenses)')).toBe(next)
}, 300_000)
