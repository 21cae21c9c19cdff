import { createHmac } from 'node:crypto'
import { LICENSE_ID, T0 } from '../samples.ts'

const ID = 'evt_01kf0000000000000000000004'
const secret = `whsec_${Buffer.from('licet-conformance-secret-1').toString('base64')}`
const otherSecret = `whsec_${Buffer.from('licet-conformance-secret-2').toString('base64')}`

const event = {
  id: ID,
  type: 'license.created',
  timestamp: '2027-01-15T08:00:00Z',
  data: { license: { id: LICENSE_ID, customer_name: 'Ada Größe 龍' }, sequence: 1 },
}
const body = JSON.stringify(event)

interface WebhookCase {
  readonly id: string
  readonly description: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly now: number
  readonly expected: { readonly ok: boolean }
}

interface Changes {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly now?: number
}

const good = headersOf(sign(secret))

function build(id: string, description: string, ok: boolean, changes: Changes = {}): WebhookCase {
  const { headers = good, secrets = [secret], now = T0 + 2 } = changes
  return { id, description, body: changes.body ?? body, headers, secrets, now, expected: { ok } }
}

/** Returns the contents of `webhooks.json`. */
export function buildWebhookVectors() {
  return {
    about: [
      'Requests that deliver events, and whether they come from Licet: see README.md, "Webhooks".',
      'Verify the UTF-8 bytes of "body" with "headers" at "now". "secrets" are those of the endpoint; during a rotation there are two.',
    ],
    cases: [...listSignatures(), ...listTimes(), ...listBodies()],
  }
}

function listSignatures(): WebhookCase[] {
  const both = `${sign(otherSecret)} ${sign(secret)}`
  const signature = sign(secret)
  const upper = Object.fromEntries(
    Object.entries(good).map(([name, value]) => [name.toUpperCase(), value]),
  )
  const without = (name: string) =>
    Object.fromEntries(Object.entries(good).filter(([each]) => each !== name))
  return [
    build('valid', 'A request with a good signature is accepted.', true),
    build('header-case', 'The case of header names does not matter.', true, { headers: upper }),
    build('two-signatures', 'During a rotation, one of two signatures is enough.', true, {
      headers: headersOf(both),
    }),
    build('two-secrets', 'So is one of two secrets.', true, { secrets: [otherSecret, secret] }),
    build('other-version-first', 'Signatures of other versions are ignored.', true, {
      headers: headersOf(`v1a,AAAA v2,BBBB ${signature}`),
    }),
    build(
      'other-version-only',
      'A signature of another version does not count, although its bytes are right.',
      false,
      { headers: headersOf(signature.replace('v1,', 'v2,')) },
    ),
    build('other-secret', 'A signature with another secret is rejected.', false, {
      secrets: [otherSecret],
    }),
    build('no-secrets', 'Without secrets, nothing is accepted.', false, { secrets: [] }),
    build('no-version', 'A signature without its version is rejected.', false, {
      headers: headersOf(signature.slice(3)),
    }),
    build('truncated', 'A signature that ends early is rejected.', false, {
      headers: headersOf(signature.slice(0, -4)),
    }),
    build('empty-signature', 'An empty signature is rejected.', false, {
      headers: headersOf('v1,'),
    }),
    build('hex', 'A signature in hex is rejected.', false, {
      headers: headersOf(`v1,${Buffer.from(signature.slice(3), 'base64').toString('hex')}`),
    }),
    build('no-id', 'A request without an ID is rejected.', false, {
      headers: without('webhook-id'),
    }),
    build('no-timestamp', 'A request without a timestamp is rejected.', false, {
      headers: without('webhook-timestamp'),
    }),
    build('no-signature', 'A request without a signature is rejected.', false, {
      headers: without('webhook-signature'),
    }),
    build('other-id', 'A request with another ID is rejected.', false, {
      headers: { ...good, 'webhook-id': 'evt_01kf0000000000000000000005' },
    }),
    build('empty-id', 'An empty ID is rejected, although it was signed.', false, {
      headers: headersOf(sign(secret, body, `${T0}`, ''), `${T0}`, ''),
    }),
  ]
}

function listTimes(): WebhookCase[] {
  const signedAt = (timestamp: string) => ({
    headers: headersOf(sign(secret, body, timestamp), timestamp),
  })
  return [
    build('age-300', 'A request is accepted after 300 seconds.', true, { now: T0 + 300 }),
    build('age-301', 'A request is rejected after 301 seconds.', false, { now: T0 + 301 }),
    build('ahead-300', 'A request may be 300 seconds ahead.', true, { now: T0 - 300 }),
    build('ahead-301', 'A request is rejected if it is 301 seconds ahead.', false, {
      now: T0 - 301,
    }),
    build('other-timestamp', 'A request whose timestamp was changed is rejected.', false, {
      headers: { ...good, 'webhook-timestamp': `${T0 + 1}` },
    }),
    build(
      'timestamp-text',
      'A timestamp that is no number is rejected, although it was signed.',
      false,
      signedAt('now'),
    ),
    build(
      'timestamp-date',
      'A timestamp that is a date is rejected.',
      false,
      signedAt('2027-01-15T08:00:00Z'),
    ),
    build(
      'timestamp-fraction',
      'A timestamp with a fraction is rejected.',
      false,
      signedAt(`${T0}.5`),
    ),
    build(
      'timestamp-ms',
      'A timestamp in milliseconds is rejected.',
      false,
      signedAt(`${T0 * 1000}`),
    ),
    build(
      'timestamp-exponent',
      'A timestamp with an exponent is rejected.',
      false,
      signedAt('18e8'),
    ),
  ]
}

function listBodies(): WebhookCase[] {
  const signedBody = (text: string) => ({ body: text, headers: headersOf(sign(secret, text)) })
  return [
    build('changed-body', 'A body that was changed is rejected.', false, {
      body: body.replace('created', 'revoked'),
    }),
    build(
      'reformatted-body',
      'The bytes count: a body that was parsed and written again is rejected.',
      false,
      { body: JSON.stringify(event, null, 2) },
    ),
    build('white-space', 'White space that was signed is accepted.', true, signedBody(`${body}\n`)),
    build(
      'empty-body',
      'An empty body is rejected, although it was signed.',
      false,
      signedBody(''),
    ),
    build('list-body', 'A body that is a list is rejected.', false, signedBody(`[${body}]`)),
    build(
      'text-body',
      'A body that is not JSON is rejected.',
      false,
      signedBody('license.created'),
    ),
  ]
}

function headersOf(signature: string, timestamp = `${T0}`, id = ID) {
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
}

/** Returns one entry of `webhook-signature` (Standard Webhooks 1.0, §Signature scheme). */
function sign(key: string, text = body, timestamp = `${T0}`, id = ID): string {
  const bytes = Buffer.from(key.slice('whsec_'.length), 'base64')
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${text}`).digest('base64')}`
}
