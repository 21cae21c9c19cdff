import { assert } from '~/assert.ts'
import type { Decision } from './decisions.ts'
import { Fault, invalidField } from './faults.ts'

/** Every permission there is, as the contract's section 2 names them. `*` holds them all. */
export const scopes = [
  'licenses:read',
  'licenses:write',
  'licenses:reveal',
  'plans:read',
  'plans:write',
  'usage:read',
  'events:read',
  'webhooks:read',
  'webhooks:write',
  'checkout:read',
  'checkout:write',
  'keys:read',
  'keys:write',
  'customers:erase',
  'metrics:read',
] as const
export type Scope = (typeof scopes)[number]

/** A vendor's credential for the management routes. Its token is kept only as a hash. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  /** The one key that LICET_ADMIN_TOKEN stands for; it lives and dies with the variable. */
  readonly isReserved: boolean
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly lastUsedAtMs: number | null
}

type Holder = Pick<ApiKey, 'scopes'>

export function hasScope(holder: Holder, scope: string): boolean {
  return holder.scopes.includes('*') || holder.scopes.includes(scope)
}

export function isLive(apiKey: Pick<ApiKey, 'expiresAtMs'>, nowMs: number): boolean {
  return apiKey.expiresAtMs === null || nowMs < apiKey.expiresAtMs
}

/** Throws a Fault unless every scope is known and held by the one who grants, changes or revokes. */
export function checkGrant(holder: Holder, granted: readonly string[]): void {
  const known: readonly string[] = [...scopes, '*']
  for (const [index, scope] of granted.entries()) {
    if (!known.includes(scope)) {
      throw invalidField(
        `/scopes/${index}`,
        `There is no such scope. Choose from: ${known.join(', ')}.`,
      )
    }
  }
  const missing = granted.find((scope) => !hasScope(holder, scope))
  if (missing !== undefined) {
    throw new Fault(
      'missing_scope',
      `Your API key lacks the scope ${missing}, so it cannot grant or revoke a key that holds it.`,
    )
  }
}

/** Throws a Fault for a key that holds what the one who revokes does not, and for the reserved one. */
export function decideApiKeyRevocation(apiKey: ApiKey, holder: Holder): Decision<ApiKey> {
  checkGrant(holder, apiKey.scopes)
  if (apiKey.isReserved) {
    const detail = 'This is the key of LICET_ADMIN_TOKEN. Unset the variable to end it.'
    throw new Fault('in_use', detail)
  }
  return { result: apiKey, changes: [{ type: 'api_key.revoke', id: apiKey.id }], events: [] }
}

/** Enough that 30 of them are unbiased, but for bad luck of less than 1 in 10^30. */
export const TOKEN_RANDOM_BYTES = 64

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const TOKEN_SYMBOLS = 30
const TOKEN_CHECK_SYMBOLS = 6
/** Bytes from here on would favour the first symbols of the alphabet, so they are passed over. */
const UNBIASED_BELOW = 248

/**
 * `licet_` + 30 random base62 + 6 base62 of the CRC-32 of those 30. The check is there for secret
 * scanners; nothing refuses a token for it.
 */
export function createToken(randomBytes: Uint8Array): string {
  const unbiased = randomBytes.filter((byte) => byte < UNBIASED_BELOW).subarray(0, TOKEN_SYMBOLS)
  assert(unbiased.length === TOKEN_SYMBOLS, 'a token needs 30 unbiased random bytes')
  const secret = Array.from(unbiased, (byte) => BASE62.charAt(byte % 62)).join('')
  let rest = crc32(secret)
  let check = ''
  for (let index = 0; index < TOKEN_CHECK_SYMBOLS; index++) {
    check = BASE62.charAt(rest % 62) + check
    rest = Math.floor(rest / 62)
  }
  return `licet_${secret}${check}`
}

/** CRC-32 of an ASCII text (ISO 3309, as in gzip). */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index)
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    }
  }
  return ~crc >>> 0
}
