import { expect, test } from 'bun:test'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const KILLS = 5
const BATCHES_PER_LIFE = 12

/** Sends a batch as an edge does. Returns false if no response arrived. */
async function send(server: ServerProcess, token: string, batch: number, licenseId: string) {
  const atMs = Date.now()
  const facts = [null, null, null, null, null, null, `${batch}`]
  const body = { run: 'a-run', batch, entries: [[licenseId, atMs, atMs, 3, ...facts]], seen: [] }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return fetch(`${server.url}/api/v1/edge/usage`, init).then(
    ({ status }) => status === 200,
    () => false,
  )
}

test('kill -9: each batch of an edge counts once, whether its response arrived or not', async () => {
  using sandbox = new Sandbox()
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN }
  let [licenseId, token, next] = ['', '', 1]
  for (let round = 0; round < KILLS; round += 1) {
    await using server = await startServer(sandbox, env)
    if (round === 0) {
      const order = { plan: 'enterprise', customer_email: 'dev@example.com' }
      licenseId = (await server.send('POST', '/api/v1/licenses', order)).body.id
      token = (await server.send('POST', '/api/v1/edges', { name: 'eu-1' })).body.token
    }
    const until = next + BATCHES_PER_LIFE
    while (next < until && (await send(server, token, next, licenseId))) next += 1
    // In the middle of a batch, which is stored or not.
    const last = send(server, token, next, licenseId)
    await Promise.race([last, Bun.sleep(round)])
    await server.kill()
    if (await last) next += 1
  }
  await using server = await startServer(sandbox, env)
  expect(await send(server, token, next, licenseId)).toBe(true)
  const { body } = await server.send('GET', `/api/v1/licenses/${licenseId}`)
  expect(body.validation_count).toBe(3 * next)
  const { summary } = (await server.send('GET', `/api/v1/licenses/${licenseId}/usage`)).body
  expect(summary.valid).toBe(3 * next)
}, 300_000)
