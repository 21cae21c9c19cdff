import { afterAll, expect, test } from 'bun:test'
import { signEvent } from '../support/checkout.ts'
import { waitFor } from '../support/degraded.ts'
import { ADMIN_TOKEN, Sandbox, type ServerProcess, startServer } from '../support/server.ts'
import { exchange } from '../support/sockets.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const SECRET = 'a-secret-of-this-test'
const envOf = (name: string) => ({
  LICET_DATA_DIR: sandbox.at(name),
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_STRIPE_SECRETS: `an-old-secret,${SECRET}`,
})

const sign = (body: string) =>
  signEvent('stripe', body, { secret: SECRET, atMs: Date.now() })['stripe-signature'] ?? ''

const post = (server: ServerProcess, body: string, headers: Record<string, string> = {}) =>
  server.send('POST', '/api/v1/checkout/stripe', body, {
    'stripe-signature': sign(body),
    ...headers,
  })

test('checkout over a socket: raw requests are verified byte for byte', async () => {
  await using server = await startServer(sandbox, envOf('raw'))
  const send = async (body: string, headers: readonly string[], sent = body) => {
    const head = ['POST /api/v1/checkout/stripe HTTP/1.1', 'Host: a', 'Connection: close']
    const response = await exchange(server.port, [...head, ...headers, '', sent].join('\r\n'))
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1])
  }
  const body = '{"id":"evt_raw","type":"unknown"}'
  const signature = `Stripe-Signature: ${sign(body)}`
  const length = `Content-Length: ${body.length}`
  expect(await send(body, [signature, length])).toBe(200)
  expect(await send(body, [signature.replace('Stripe-S', 'STRIPE-s'), length])).toBe(200)
  const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('')
  const chunked = [signature, 'Transfer-Encoding: chunked']
  expect(await send(body, chunked, `${chunks}0\r\n\r\n`)).toBe(200)
  expect(await send(body, [signature, signature, length])).toBe(400)
  expect(await send(body, ['Stripe-Signature:', length])).toBe(400)
  expect(await send(body, [`Stripe-Signature: t=\u00e9,v1=\u00ff`, length])).toBe(400)
  expect(await send(body, [length])).toBe(400)
  expect(await send('', [signature, 'Content-Length: 0'])).toBe(400)
  expect(await send(body, [signature, 'Content-Length: 525312'], ' '.repeat(525_312))).toBe(413)
})

test('checkout: a thank-you page that polls from before the payment gets the key a moment after it', async () => {
  await using server = await startServer(sandbox, {
    ...envOf('bought'),
    LICET_STANDARD_SECRETS: SECRET,
  })
  const session_id = '5c1f2b9e-4b6f-4f0e-9f0e-1d2c3b4a5968'
  const url = `${server.url}/api/v1/checkout/sessions/standard/${session_id}`
  const ask = () => fetch(url, { headers: { origin: 'https://shop.example' } })
  for (let count = 0; count < 40; count += 1) expect((await ask()).status).toBe(202)

  const body = JSON.stringify({
    type: 'paid',
    occurred_at: new Date().toISOString(),
    order_id: '1009',
    session_id,
    customer: { email: 'ada@example.com' },
    items: [{ plan: 'professional' }],
  })
  const headers = signEvent('standard', body, { secret: SECRET, atMs: Date.now() })
  const sent = await server.send('POST', '/api/v1/checkout/standard', body, headers)
  expect(sent).toMatchObject({ status: 200, text: '{}' })

  let response = await ask()
  while (response.status === 202) response = await ask()
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  const { licenses } = (await response.json()) as { licenses: { key: string }[] }
  expect(licenses).toHaveLength(1)
  const verdict = await server.send('POST', '/api/v1/validate', { key: licenses[0]?.key })
  expect(verdict.body.valid).toBe(true)
  for (let count = 0; count < 9; count += 1) expect((await ask()).status).toBe(200)
  expect((await ask()).status).toBe(410)
})

test('checkout: an event gets 503 while nothing can be written, and is accepted afterwards', async () => {
  const env = envOf('full')
  const launch = { cwd: sandbox.path, shell: 'trap "" XFSZ; ulimit -f 4096;' }
  const pad = 'x'.repeat(400_000)
  const eventOf = (id: number) => `{"id":"evt_${id}","type":"unknown","pad":"${pad}"}`
  let count = 0
  {
    await using server = await startServer(launch, env)
    await waitFor(async () => (await post(server, eventOf(++count))).status !== 200)
    const refused = await post(server, eventOf(count))
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(refused.headers.get('retry-after')).toBeString()
    expect((await post(server, eventOf(count), { 'stripe-signature': 'x' })).status).toBe(400)
  }
  await using server = await startServer(sandbox, env)
  expect((await post(server, eventOf(count))).status).toBe(200)
  const { body } = await server.send('GET', '/api/v1/checkout/events')
  expect(body.data).toHaveLength(count)
})
