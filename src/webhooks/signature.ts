import { createHmac } from 'node:crypto'
import { SECRET_PREFIX } from '~/domain/endpoints.ts'

/**
 * Returns the value of `webhook-signature`: for each secret, `v1,` and the base64 HMAC-SHA256 of
 * `id.timestamp.body`, separated by spaces (Standard Webhooks 1.0, §Signature scheme).
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const signed = `${id}.${timestampSeconds}.${body}`
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    })
    .join(' ')
}
