import { afterAll, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
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

function sign(body: string): string {
  const seconds = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${signature}`
}

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

test('checkout: an event gets 503 while nothing can be written, and is accepted afterwards', async () => {
  const env = envOf('full')
  const launch = { cwd: sandbox.path, shell: 'trap "" XFSZ; ulimit -f 2048;' }
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
