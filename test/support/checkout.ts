import { createHmac } from 'node:crypto'
import { processDue } from '~/checkout/process.ts'
import type { Provider } from '~/domain/purchases.ts'
import { readResponse, respond, type TestApp, type TestResponse } from './app.ts'
import { testCheckoutSecrets } from './deps.ts'

export interface Signing {
  readonly secret?: string
  readonly atMs: number
  /** The event ID in the headers of Standard Webhooks. */
  readonly id?: string
}

/** Returns the newer of the secrets that a provider has in tests. */
export function secretOf(provider: Provider): string {
  return testCheckoutSecrets.signing[provider].at(-1) ?? ''
}

/** Returns the headers with which a provider sends a body. */
export function signEvent(
  provider: Provider,
  body: string | Uint8Array,
  { secret = secretOf(provider), atMs, id = 'msg_1' }: Signing,
): Record<string, string> {
  const seconds = Math.floor(atMs / 1000)
  const sign = (prefix: string, encoding: 'hex' | 'base64', key: string | Buffer = secret) =>
    createHmac('sha256', key).update(prefix).update(body).digest(encoding)
  const standard = (key: string | Buffer) => ({
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${sign(`${id}.${seconds}.`, 'base64', key)}`,
  })
  switch (provider) {
    case 'stripe':
      return { 'stripe-signature': `t=${seconds},v1=${sign(`${seconds}.`, 'hex')}` }
    case 'paddle':
      return { 'paddle-signature': `ts=${seconds};h1=${sign(`${seconds}:`, 'hex')}` }
    case 'lemonsqueezy':
      return { 'x-signature': sign('', 'hex') }
    case 'polar':
      return standard(secret)
    case 'standard':
      return standard(secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret)
  }
}

/** Returns the event of a payment in a shop, with these fields changed. */
export const buildPayment = (app: TestApp, fields: object = {}): Record<string, unknown> => ({
  type: 'paid',
  occurred_at: new Date(app.clock.nowMs()).toISOString(),
  order_id: '1001',
  customer: { email: 'ada@example.com', name: 'Ada' },
  items: [{ price: 'price_1', quantity: 1 }],
  ...fields,
})

let sent = 0

/** Sends a signed event of a shop. It is not processed yet. */
export async function sendEvent(
  app: TestApp,
  event: object,
  provider: Provider = 'standard',
): Promise<TestResponse> {
  const body = JSON.stringify(event)
  sent += 1
  const headers = signEvent(provider, body, { atMs: app.clock.nowMs(), id: `msg_${sent}` })
  const url = `http://localhost/api/v1/checkout/${provider}`
  return readResponse(await respond(app.app, new Request(url, { method: 'POST', headers, body })))
}

/** Sends an event, processes all events that are due, and returns it as it is then. */
export async function processEvent(
  app: TestApp,
  event: object,
  provider?: Provider,
): Promise<TestResponse['body']> {
  const { status, text } = await sendEvent(app, event, provider)
  if (status !== 200) throw new Error(`the event is rejected: ${text}`)
  const { body } = await app.send('GET', '/api/v1/checkout/events?limit=1')
  await processAll(app)
  return (await app.send('GET', `/api/v1/checkout/events/${body.data[0].id}`)).body
}

export const processAll = (app: TestApp): Promise<number> =>
  processDue(app.deps, new AbortController().signal)
