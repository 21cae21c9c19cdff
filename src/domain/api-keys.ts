import { assert } from '~/assert.ts'
import type { Caller } from './actors.ts'
import { Fault, invalidField } from './faults.ts'
import { toTimestamp } from './times.ts'

/** Every scope of an API key, in the order of the documentation. `*` includes them all. */
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
  'operators:read',
  'operators:write',
  'sessions:read',
  'sessions:write',
  'customers:erase',
  'metrics:read',
  'settings:read',
  'jobs:read',
  'jobs:run',
  'backups:read',
  'backups:write',
  'backups:download',
  'audit:read',
  'edges:read',
  'edges:write',
] as const
export type Scope = (typeof scopes)[number]

/** A vendor's credential for management calls. Its token is stored only as a hash. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  /** True for the key of LICET_ADMIN_TOKEN, which exists as long as the variable is set. */
  readonly isReserved: boolean
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly lastUsedAtMs: number | null
}

/** Builds a key that was never used. Without an expiration, it works until it is revoked. */
export function buildApiKey(
  given: Pick<ApiKey, 'id' | 'name' | 'scopes' | 'createdAtMs'> & Partial<ApiKey>,
): ApiKey {
  const scopes = [...new Set(given.scopes)]
  return { isReserved: false, expiresAtMs: null, lastUsedAtMs: null, ...given, scopes }
}

/** Returns the caller that a request with this API key has. */
export function toCaller({ id, name, scopes, expiresAtMs }: ApiKey): Caller {
  return { actor: { kind: 'key', id, name }, scopes, expiresAtMs }
}

type Holder = Pick<ApiKey, 'scopes'>

export function hasScope(holder: Holder, scope: string): boolean {
  return holder.scopes.includes('*') || holder.scopes.includes(scope)
}

/** Whether every response shows this caller full license keys. Sessions have to ask for each. */
export function seesLicenseKeys(caller: Pick<Caller, 'scopes' | 'sessionId'>): boolean {
  return caller.sessionId === undefined && hasScope(caller, 'licenses:reveal')
}

export function isLive(apiKey: Pick<ApiKey, 'expiresAtMs'>, nowMs: number): boolean {
  return apiKey.expiresAtMs === null || nowMs < apiKey.expiresAtMs
}

/**
 * Throws a Fault at /expires_at for a new key that has expired, or that would outlive its creator:
 * otherwise a leaked key could keep replacing itself.
 */
export function checkKeyExpiry(
  creator: Pick<ApiKey, 'expiresAtMs'>,
  expiresAtMs: number | null,
  nowMs: number,
): void {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    throw invalidField(
      '/expires_at',
      'This time has passed. Use a later one, or null for a key that does not expire.',
    )
  }
  const latestMs = creator.expiresAtMs
  if (latestMs !== null && (expiresAtMs === null || expiresAtMs > latestMs)) {
    throw invalidField(
      '/expires_at',
      `The new API key would outlive yours. Send an expires_at no later than ${toTimestamp(latestMs)}.`,
    )
  }
}

/** Throws a Fault unless every scope exists and the holder has it. */
export function checkGrant(holder: Holder, granted: readonly string[]): void {
  const known: readonly string[] = [...scopes, '*']
  for (const [index, scope] of granted.entries()) {
    if (!known.includes(scope)) {
      const detail = `There is no such scope. Use any of: ${known.join(', ')}.`
      throw invalidField(`/scopes/${index}`, detail)
    }
  }
  const missing = granted.find((scope) => !hasScope(holder, scope))
  if (missing !== undefined) {
    const detail = `Your API key lacks the scope ${missing}, so it cannot grant that scope or revoke an API key that has it.`
    throw new Fault('missing_scope', detail)
  }
}

/**
 * Returns null, which deletes the key. Throws a Fault for the reserved key, and for a key with
 * scopes that the holder lacks.
 */
export function decideApiKeyRevocation(apiKey: ApiKey, holder: Holder): null {
  checkGrant(holder, apiKey.scopes)
  if (apiKey.isReserved) {
    const detail = 'This is the API key of LICET_ADMIN_TOKEN. Unset that variable to revoke it.'
    throw new Fault('in_use', detail)
  }
  return null
}

/** Enough for 30 unbiased bytes, except with a probability below 1 in 10^30. */
export const TOKEN_RANDOM_BYTES = 64

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const TOKEN_SECRET_SYMBOLS = 30
const TOKEN_CHECKSUM_SYMBOLS = 6
/** The largest multiple of 62 in a byte: higher bytes would favor the first symbols. */
const UNBIASED_BELOW = 248

/**
 * Returns a prefix + 30 random base62 symbols + their CRC-32 as 6 base62 symbols. The checksum is
 * for secret scanners; a token is never rejected because of it.
 */
export function createToken(randomBytes: Uint8Array, prefix = 'licet_'): string {
  const unbiased = randomBytes
    .filter((byte) => byte < UNBIASED_BELOW)
    .subarray(0, TOKEN_SECRET_SYMBOLS)
  assert(unbiased.length === TOKEN_SECRET_SYMBOLS, 'a token needs 30 unbiased random bytes')
  const secret = Array.from(unbiased, (byte) => BASE62.charAt(byte % 62)).join('')
  let remainder = crc32(secret)
  let checksum = ''
  for (let index = 0; index < TOKEN_CHECKSUM_SYMBOLS; index++) {
    checksum = BASE62.charAt(remainder % 62) + checksum
    remainder = Math.floor(remainder / 62)
  }
  return `${prefix}${secret}${checksum}`
}

/** Returns the CRC-32 of an ASCII text (ISO 3309, the same as in gzip). */
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
