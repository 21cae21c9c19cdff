import { afterEach, expect, setSystemTime, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { createSecret } from '~/domain/endpoints.ts'
import { signWebhook } from '~/webhooks/signature.ts'

const NOW_MS = Date.parse('2026-03-06T12:00:00Z')

const body = '{"type":"license.created","data":{"name":"Zoë 🗝"}}'
const secrets = [1, 2].map((byte) => createSecret(new Uint8Array(32).fill(byte)))
const headersFor = (signing: readonly string[]) => ({
  'webhook-id': 'evt_1',
  'webhook-timestamp': String(NOW_MS / 1000),
  'webhook-signature': signWebhook(signing, 'evt_1', NOW_MS / 1000, body),
})

afterEach(() => setSystemTime())

test('webhook signature: the standardwebhooks library verifies it with either secret', () => {
  setSystemTime(NOW_MS)
  for (const secret of secrets) {
    expect(new Webhook(secret).verify(body, headersFor(secrets))).toEqual(JSON.parse(body))
  }
})

test('webhook signature: it covers the id, the timestamp and the body', () => {
  setSystemTime(NOW_MS)
  const [secret = ''] = secrets
  const webhook = new Webhook(secret)
  const headers = headersFor([secret])
  expect(() => webhook.verify(`${body} `, headers)).toThrow()
  expect(() => webhook.verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow()
  const later = String(NOW_MS / 1000 + 1)
  expect(() => webhook.verify(body, { ...headers, 'webhook-timestamp': later })).toThrow()
})
