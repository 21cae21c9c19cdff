import { afterEach, expect, setSystemTime, test } from 'bun:test'
import { Paddle } from '@paddle/paddle-node-sdk'
import { webhooks as polar } from '@polar-sh/sdk/2026-10'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { isSigned } from '~/checkout/signatures.ts'
import { type Provider, providers } from '~/domain/purchases.ts'
import { secretOf, signEvent } from '../support/checkout.ts'
import { testCheckoutSecrets } from '../support/deps.ts'

const NOW_MS = Date.parse('2026-03-06T12:00:00Z')
const SECONDS = NOW_MS / 1000
const body = '{"id":"evt_1","name":"Zoë \\u00eb 🗝"}'

type SentHeaders = Readonly<Record<string, string>>

const verify = (
  provider: Provider,
  headers: SentHeaders,
  text: string | Uint8Array = body,
  secrets: readonly string[] = testCheckoutSecrets.signing[provider],
) => isSigned(provider, { headers: new Headers(headers), body: Buffer.from(text) }, secrets, NOW_MS)

const sign = (provider: Provider, text: string | Uint8Array = body, atMs = NOW_MS) =>
  signEvent(provider, text, { atMs })

/** The name of the header with the signature. */
const headerOf: Readonly<Record<Provider, string>> = {
  stripe: 'stripe-signature',
  paddle: 'paddle-signature',
  lemonsqueezy: 'x-signature',
  polar: 'webhook-signature',
  standard: 'webhook-signature',
}

const timed = providers.filter((provider) => provider !== 'lemonsqueezy')

afterEach(() => setSystemTime())

test.each([...providers])(
  'signature of %s: either of two secrets verifies the body',
  (provider) => {
    for (const secret of testCheckoutSecrets.signing[provider]) {
      expect(verify(provider, signEvent(provider, body, { secret, atMs: NOW_MS }))).toBe(true)
    }
    const other = signEvent(provider, body, { secret: 'a-secret-of-another', atMs: NOW_MS })
    expect(verify(provider, other)).toBe(false)
    expect(verify(provider, sign(provider), body, [])).toBe(false)
  },
)

test.each([...providers])('signature of %s: every byte of the body counts', (provider) => {
  const bodies = [`\u{feff}${body}`, body.replace(',', ',\r\n'), `${body}\n`, '{"id":"ë"}', '']
  for (const text of bodies) {
    const headers = sign(provider, text)
    expect(verify(provider, headers, text)).toBe(true)
    expect(verify(provider, headers)).toBe(false)
  }
  expect(verify(provider, sign(provider, '{"id":"ë"}'), '{"id":"\\u00eb"}')).toBe(false)
  const bytes = Uint8Array.of(0, 255, 254, 128)
  expect(verify(provider, sign(provider, bytes), bytes)).toBe(true)
})

test.each([...timed])(
  'signature of %s: clocks may differ by five minutes either way',
  (provider) => {
    for (const seconds of [0, 60, -60, 300, -300]) {
      expect(verify(provider, sign(provider, body, NOW_MS + seconds * 1000))).toBe(true)
    }
    for (const seconds of [301, -301, 600, -600, 1e9]) {
      expect(verify(provider, sign(provider, body, NOW_MS + seconds * 1000))).toBe(false)
    }
  },
)

test('signature: a time or an event ID that was not signed is rejected', () => {
  const later = (headers: SentHeaders, name: string) => ({
    ...headers,
    [name]: (headers[name] ?? '').replace(String(SECONDS), String(SECONDS + 1)),
  })
  expect(verify('stripe', later(sign('stripe'), 'stripe-signature'))).toBe(false)
  expect(verify('paddle', later(sign('paddle'), 'paddle-signature'))).toBe(false)
  for (const provider of ['polar', 'standard'] as const) {
    expect(verify(provider, later(sign(provider), 'webhook-timestamp'))).toBe(false)
    expect(verify(provider, { ...sign(provider), 'webhook-id': 'msg_2' })).toBe(false)
  }
})

test.each([...providers])('signature of %s: a malformed header is rejected', (provider) => {
  const name = headerOf[provider]
  const headers = sign(provider)
  const value = headers[name] ?? ''
  const malformed = [
    '',
    ' ',
    value.slice(0, -1),
    value.slice(0, -2),
    value.slice(1),
    `${value}0`,
    `${value}00`,
    `${value},`,
    `${value};`,
    `${value}, ${value}`,
    `${value}=`,
    value.replace(/.$/, 'ä'),
    value.replace(/^/, 'ä'),
    '=',
    ',;=,v1,h1',
    't=,v1=',
    'ts=;h1=',
    'v1,',
    'x'.repeat(16_000),
    `${value}${',v1=00'.repeat(2000)}`,
    '0'.repeat(63),
    '0'.repeat(64),
  ]
  for (const text of malformed) {
    expect([text, verify(provider, { ...headers, [name]: text })]).toEqual([text, false])
  }
  const { [name]: _removed, ...rest } = headers
  expect(verify(provider, rest)).toBe(false)
  expect(verify(provider, {})).toBe(false)
})

test.each([
  ['stripe', 'stripe-signature', (value: string) => value.replace(/^t=/, 't=x')],
  ['stripe', 'stripe-signature', (value: string) => value.replace(/^t=\d+/, 't=')],
  ['stripe', 'stripe-signature', (value: string) => value.replace(/^t=\d+,/, '')],
  ['stripe', 'stripe-signature', (value: string) => value.replace('v1=', 'v0=')],
  ['stripe', 'stripe-signature', (value: string) => `t=${SECONDS},${value}`],
  ['paddle', 'paddle-signature', (value: string) => value.replace(';', ',')],
  ['paddle', 'paddle-signature', (value: string) => `ts=${SECONDS};${value}`],
  ['polar', 'webhook-timestamp', () => `${SECONDS}, ${SECONDS}`],
  ['polar', 'webhook-timestamp', () => `${SECONDS}.0`],
  ['polar', 'webhook-timestamp', () => '1e400'],
  ['polar', 'webhook-timestamp', () => '-1'],
  ['standard', 'webhook-id', () => ''],
  ['standard', 'webhook-id', () => 'msg_1, msg_1'],
  ['standard', 'webhook-id', () => 'x'.repeat(256)],
  ['standard', 'webhook-signature', (value: string) => value.replace('v1,', 'v2,')],
  ['standard', 'webhook-signature', (value: string) => value.replaceAll('=', '')],
] as const)('signature of %s: %s is read strictly, case %#', (provider, name, change) => {
  const headers = sign(provider)
  expect(verify(provider, headers)).toBe(true)
  expect(verify(provider, { ...headers, [name]: change(headers[name] ?? '') })).toBe(false)
})

test.each([
  ['stripe', ','],
  ['paddle', ';'],
  ['polar', ' '],
  ['standard', ' '],
] as const)(
  'signature of %s: one of several signatures is enough, in any order',
  (provider, gap) => {
    const name = headerOf[provider]
    const headers = sign(provider)
    const value = headers[name] ?? ''
    const other = signEvent(provider, 'another body', { atMs: NOW_MS })[name] ?? ''
    const [right, wrong] = [value, other].map((text) => text.split(/[,;](?=[vh]1=)/).at(-1) ?? '')
    const start = value.slice(0, value.length - (right ?? '').length)
    for (const list of [
      [right, wrong],
      [wrong, right],
      [wrong, wrong, right],
    ]) {
      expect(verify(provider, { ...headers, [name]: start + list.join(gap) })).toBe(true)
    }
    expect(verify(provider, { ...headers, [name]: start + [wrong, wrong].join(gap) })).toBe(false)
  },
)

test('signature of stripe: the header that the Stripe SDK generates is accepted', async () => {
  const secret = secretOf('stripe')
  const options = { payload: body, secret, timestamp: SECONDS }
  const header = await Stripe.webhooks.generateTestHeaderStringAsync(options)
  expect(verify('stripe', { 'stripe-signature': header })).toBe(true)
  setSystemTime(NOW_MS)
  const ours = sign('stripe')['stripe-signature'] ?? ''
  expect(await Stripe.webhooks.constructEventAsync(body, ours, secret)).toMatchObject({
    id: 'evt_1',
  })
})

test('signature of paddle: the Paddle SDK accepts what is accepted here', async () => {
  setSystemTime(NOW_MS)
  const paddle = new Paddle('any-key')
  const event = JSON.stringify({ event_id: 'evt_1', event_type: 'customer.created', data: {} })
  const header = sign('paddle', event)['paddle-signature'] ?? ''
  expect(verify('paddle', { 'paddle-signature': header }, event)).toBe(true)
  const seen = await paddle.webhooks.unmarshal(event, secretOf('paddle'), header)
  expect(seen).toMatchObject({ eventId: 'evt_1' })
})

test('signature of polar: the key is the text of the secret, as in the Polar SDK', async () => {
  setSystemTime(NOW_MS)
  const secret = secretOf('polar')
  const event = JSON.stringify({ type: 'order.paid', timestamp: '2026-03-06T12:00:00Z', data: {} })
  const headers = sign('polar', event)
  expect(verify('polar', headers, event)).toBe(true)
  expect(await polar.validateEvent(event, headers, secret)).toMatchObject({ type: 'order.paid' })
  const standard = new Webhook(Buffer.from(secret).toString('base64'))
  const signature = standard.sign('msg_1', new Date(NOW_MS), event)
  expect(verify('polar', { ...headers, 'webhook-signature': signature }, event)).toBe(true)
})

test('signature of standard: what the standardwebhooks library signs is accepted', () => {
  const [secret = ''] = testCheckoutSecrets.signing.standard
  const signature = new Webhook(secret).sign('msg_1', new Date(NOW_MS), body)
  expect(verify('standard', { ...sign('standard'), 'webhook-signature': signature })).toBe(true)
})
