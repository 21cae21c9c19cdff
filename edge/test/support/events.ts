import type { Answer, TestEdge } from './edge.ts'

/** A fake secret: 24 bytes in base64. */
export const webhookSecret = 'whsec_dGhpcyBpcyBhIGZha2Ugc2VjcmV0ISEh'

const utf8 = new TextEncoder()

interface Delivery {
  readonly secret?: string
  readonly timestampSeconds?: number
  readonly body?: string
}

/** Sends an event about a license to the hook, signed as Licet signs it (Standard Webhooks 1.0). */
export async function deliver(
  edge: TestEdge,
  type: string,
  licenseId: string,
  delivery: Delivery = {},
): Promise<Answer> {
  const event = {
    id: 'evt_1',
    type,
    timestamp: '2026-03-06T00:00:00Z',
    data: { license: { id: licenseId } },
  }
  const { secret = webhookSecret, body = JSON.stringify(event) } = delivery
  const seconds = delivery.timestampSeconds ?? Math.floor(edge.clock.now() / 1000)
  const bytes = Uint8Array.from(atob(secret.slice(6)), (character) => character.charCodeAt(0))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', key, utf8.encode(`evt_1.${seconds}.${body}`))
  const signature = btoa(String.fromCharCode(...new Uint8Array(signed)))
  return edge.post('/_licet/hook', body, {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  })
}
