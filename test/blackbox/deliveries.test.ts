import { expect, test } from 'bun:test'
import { hang, respond, startReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, Sandbox, startServer } from '../support/server.ts'

const SHUTDOWN_MAX_MS = 10_000

test('SIGTERM aborts a hanging delivery uncounted; the next start sends it with the same id', async () => {
  using sandbox = new Sandbox()
  const env = { LICET_ADMIN_TOKEN: ADMIN_TOKEN, LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }
  const asked = Promise.withResolvers<void>()
  const delivered = Promise.withResolvers<void>()
  await using receiver = await startReceiver((socket, request) => {
    asked.resolve()
    if (receiver.requests.length === 1) return hang(socket, request)
    respond(200)(socket, request)
    delivered.resolve()
  })

  await using server = await startServer(sandbox, env)
  await server.send('POST', '/api/v1/webhooks', { url: receiver.url })
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  await server.send('POST', '/api/v1/licenses', order)
  await asked.promise
  const beganAtMs = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - beganAtMs).toBeLessThan(SHUTDOWN_MAX_MS)

  await using next = await startServer(sandbox, env)
  await delivered.promise
  const { body: webhooks } = await next.send('GET', '/api/v1/webhooks')
  expect(webhooks.data[0].failing_since).toBe(null)
  const path = `/api/v1/webhooks/${webhooks.data[0].id}/deliveries`
  let status = 'pending'
  while (status === 'pending') {
    const { body } = await next.send('GET', path)
    status = body.data[0].status
    expect(body.data[0].tries).toBe(status === 'pending' ? 0 : 1)
  }
  expect(status).toBe('delivered')
  const [first, second] = receiver.requests.map(({ headers }) => headers['webhook-id'])
  expect(second).toBe(first ?? '')
})
