import { toStoredKey } from '~/domain/compat/keygen-keys.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import {
  licenseInvalid,
  licenseSuspended,
  tokenInvalid,
  tokenMissing,
} from '~/wire/compat/keygen-errors.ts'
import type { CompatCall } from './api.ts'
import type { CompatTools } from './tools.ts'

/** The license of a request, and its key as the request has it. */
export interface Authenticated {
  readonly record: LicenseRecord
  readonly key: string
}

/**
 * Returns the license whose key a request has in its Authorization header or its query, see
 * https://keygen.sh/docs/api/authentication/#license-authentication. Throws a KeygenError for a request
 * without one, an unknown or revoked license, and a suspended one.
 */
export async function authenticate(call: CompatCall, tools: CompatTools): Promise<Authenticated> {
  const key = readKey(call)
  const found = await tools.findLicense(call, toStoredKey(key))
  if (isRefusal(found) || found.license.revokedAtMs !== null) throw licenseInvalid()
  if (found.license.suspendedAtMs !== null) throw licenseSuspended()
  return { record: found, key }
}

/** Returns the key of a request. Throws a KeygenError if it has none, or a token. */
function readKey({ request, query }: CompatCall): string {
  const header = request.headers.get('authorization')?.trim() ?? ''
  const [, scheme = '', value = ''] = /^(\S+)\s*(.*)$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'license':
      return requireKey(value)
    case 'basic':
      return readPair(Buffer.from(value, 'base64').toString('utf8'))
    case '':
      if (query.has('token')) throw tokenInvalid()
      return readPair(query.get('auth') ?? '')
    default:
      throw tokenInvalid()
  }
}

/** Reads `license:KEY`. A key may contain colons. */
function readPair(pair: string): string {
  if (pair === '') throw tokenMissing()
  const at = pair.indexOf(':')
  if (pair.slice(0, at) !== 'license') throw tokenInvalid()
  return requireKey(pair.slice(at + 1))
}

function requireKey(key: string): string {
  if (key.trim() === '') throw tokenMissing()
  return key.trim()
}
