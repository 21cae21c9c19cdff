import { createHmac } from 'node:crypto'
import type { Provider } from '~/domain/purchases.ts'
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
