import { sign } from 'node:crypto'
import type { TestKey } from './test-keys.ts'

const ARMOR_COLUMNS = 64

export type TokenType =
  | 'licet-lease+jwt'
  | 'licet-file+jwt'
  | 'licet-answer+jwt'
  | 'licet-revocations+jwt'

export type Claims = Readonly<Record<string, unknown>>

/** Returns a compact JWS with the header that Licet writes. */
export function signToken(key: TestKey, type: TokenType, claims: Claims): string {
  return signText(key, JSON.stringify(buildHeader(key, type)), JSON.stringify(claims))
}

export function buildHeader(key: TestKey, type: TokenType): Claims {
  return { alg: 'EdDSA', kid: key.kid, typ: type }
}

/** Signs a header and a payload as they are, so that a test can break every rule about them. */
export function signText(key: TestKey, header: string | Uint8Array, payload: string | Uint8Array) {
  const signed = `${toBase64url(header)}.${toBase64url(payload)}`
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`
}

export function toBase64url(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64url')
}

/** Returns a token in its armor, which is how a file is sent by email. */
export function wrapInArmor(token: string, label: 'LICENSE' | 'REVOCATIONS', end = '\n'): string {
  const lines = token.match(new RegExp(`.{1,${ARMOR_COLUMNS}}`, 'g')) ?? []
  const all = [`-----BEGIN LICET ${label}-----`, ...lines, `-----END LICET ${label}-----`, '']
  return all.join(end)
}
