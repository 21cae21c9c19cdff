import { FINGERPRINT, NONCE, PRODUCT, pinned, REQUEST, T0 } from '../samples.ts'
import type { TokenType } from '../sign-token.ts'

export type TokenCode =
  | 'MALFORMED'
  | 'TYPE_UNEXPECTED'
  | 'KEY_UNKNOWN'
  | 'SIGNATURE_INVALID'
  | 'KEY_REVOKED'
  | 'NONCE_MISMATCH'
  | 'REQUEST_MISMATCH'
  | 'PRODUCT_MISMATCH'
  | 'FINGERPRINT_MISMATCH'
  | 'DOMAIN_MISMATCH'
  | 'LICENSE_REVOKED'
  | 'LEASE_EXPIRED'
  | 'FILE_EXPIRED'

export interface TokenOptions {
  readonly type: TokenType
  readonly publicKeys: readonly string[]
  readonly now: number
  readonly product?: string
  readonly fingerprint?: string
  readonly domain?: string
  readonly nonce?: string
  /** The exact bytes of the request, as text. */
  readonly requestBody?: string
  /** The path of the request after `/api/v1`. */
  readonly route?: string
  readonly feed?: {
    readonly to: number
    readonly revoked: Readonly<Record<string, number>>
    readonly keys: Readonly<Record<string, number>>
  }
}

export type TokenExpectation =
  | { readonly ok: false; readonly code: TokenCode }
  | { readonly ok: true; readonly valid: boolean }
  | {
      readonly ok: true
      readonly state: 'licensed' | 'grace'
      readonly refresh: boolean
      readonly clockBehind: boolean
    }
  | { readonly ok: true; readonly to: number; readonly more: boolean }

export interface TokenCase {
  readonly id: string
  readonly description: string
  readonly text: string
  readonly options: TokenOptions
  readonly expected: TokenExpectation
}

/** How a client verifies a lease that it has stored. */
export const storedLease: TokenOptions = {
  type: 'licet-lease+jwt',
  publicKeys: pinned,
  now: T0 + 60,
  product: PRODUCT,
  fingerprint: FINGERPRINT,
}

/** How a client verifies a lease that has just arrived. */
export const newLease: TokenOptions = { ...storedLease, nonce: NONCE, requestBody: REQUEST }

export const storedFile: TokenOptions = { ...storedLease, type: 'licet-file+jwt' }

export const newAnswer: TokenOptions = {
  type: 'licet-answer+jwt',
  publicKeys: pinned,
  now: T0 + 1,
  nonce: NONCE,
  requestBody: REQUEST,
}

export const importedFeed: TokenOptions = {
  type: 'licet-revocations+jwt',
  publicKeys: pinned,
  now: T0 + 60,
}

export const licensed: TokenExpectation = {
  ok: true,
  state: 'licensed',
  refresh: false,
  clockBehind: false,
}

export const malformed: TokenExpectation = { ok: false, code: 'MALFORMED' }

export function refused(code: TokenCode): TokenExpectation {
  return { ok: false, code }
}

/** A case with options of its own. */
export type TokenRow = readonly [
  id: string,
  description: string,
  text: string,
  options: TokenOptions,
  expected: TokenExpectation,
]

export function buildTokenCases(rows: readonly TokenRow[]): TokenCase[] {
  return rows.map(([id, description, text, options, expected]) => ({
    id,
    description,
    text,
    options,
    expected,
  }))
}

/** A case of one set of options, which is malformed unless it says something else. */
export type TextRow = readonly [
  id: string,
  description: string,
  text: string,
  expected?: TokenExpectation,
]

export function buildTextCases(options: TokenOptions, rows: readonly TextRow[]): TokenCase[] {
  return buildTokenCases(
    rows.map(([id, description, text, expected = malformed]) => [
      id,
      description,
      text,
      options,
      expected,
    ]),
  )
}
