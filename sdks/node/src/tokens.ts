import { removeArmor } from './armor.ts'
import { fromBase64url, fromUtf8, toBase64url, toUtf8 } from './bytes.ts'
import { type ClaimsByType, hasClaims, type TokenType } from './claims.ts'
import { isSoundKey, isSoundSignature, type VerifySignature } from './ed25519.ts'
import { type JsonObject, parseUniqueObject } from './json.ts'
import { sha256 } from './sha256.ts'

const TOKEN_CHARACTERS_MAX = 16 * 1024
const FEED_CHARACTERS_MAX = 1024 * 1024
const KID_CHARACTERS = 16
const HEADER_MEMBERS = 3
const SIGNATURE_BYTES = 64

export type TokenFault = 'MALFORMED' | 'TYPE_UNEXPECTED' | 'KEY_UNKNOWN' | 'SIGNATURE_INVALID'

/** A token that proves nothing. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenFault

  constructor(code: TokenFault, message: string) {
    super(message)
    this.code = code
  }
}

/** A token whose signature and claims have been checked, but not its times or what it is bound to. */
export interface Token<Type extends TokenType> {
  readonly kid: string
  readonly type: Type
  readonly claims: ClaimsByType[Type]
}

/**
 * Opens a compact JWS (RFC 7515), which may be armored if it is a file or a feed, and which one of the pinned public keys has signed with Ed25519. Throws
 * `TokenError` for anything else. The header never selects the algorithm.
 */
export async function openToken<Type extends TokenType>(
  text: string,
  type: Type,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Token<Type>> {
  const { header, claims, signature, message } = split(text, type)
  const { alg, kid, typ } = header
  const isHeader = alg === 'EdDSA' && typeof kid === 'string' && typeof typ === 'string'
  if (!isHeader || Object.keys(header).length !== HEADER_MEMBERS) throw malformed('its header')
  if (typ !== type) throw new TokenError('TYPE_UNEXPECTED', `The token is not of type ${type}.`)
  const publicKey = findKey(publicKeys, kid)
  if (publicKey === null) throw new TokenError('KEY_UNKNOWN', `The key ${kid} is not pinned.`)
  const isSound = isSoundKey(publicKey) && isSoundSignature(signature)
  if (!isSound || !(await verify(publicKey, message, signature))) {
    throw new TokenError('SIGNATURE_INVALID', 'The signature is wrong.')
  }
  if (!hasClaims(type, claims)) throw malformed('a claim')
  return { kid, type, claims }
}

function split(text: string, type: TokenType) {
  const token = removeArmor(text, type)
  const charactersMax =
    type === 'licet-revocations+jwt' ? FEED_CHARACTERS_MAX : TOKEN_CHARACTERS_MAX
  if (token.length > charactersMax) throw malformed('its length')
  const [head = '', body = '', mark = '', ...rest] = token.split('.')
  const header = decode(head)
  const claims = decode(body)
  const signature = fromBase64url(mark)
  if (rest.length > 0 || header === null || claims === null) throw malformed('its format')
  if (signature?.length !== SIGNATURE_BYTES) throw malformed('the length of its signature')
  return { header, claims, signature, message: toUtf8(`${head}.${body}`) }
}

function malformed(what: string): TokenError {
  return new TokenError('MALFORMED', `This is not a token of Licet: ${what} is wrong.`)
}

function decode(part: string): JsonObject | null {
  const bytes = fromBase64url(part)
  const text = bytes && fromUtf8(bytes)
  return text === null ? null : parseUniqueObject(text)
}

function findKey(publicKeys: readonly string[], kid: string): Uint8Array<ArrayBuffer> | null {
  const x = publicKeys.find((candidate) => computeKid(candidate) === kid)
  return x === undefined ? null : fromBase64url(x)
}

/** Returns the first 16 characters of a public key's thumbprint (RFC 7638). */
export function computeKid(x: string): string {
  return hashText(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).slice(0, KID_CHARACTERS)
}

/** Returns the base64url SHA-256 of a text in UTF-8, as in the claims `fp` and `req`. */
export function hashText(text: string): string {
  return toBase64url(sha256(toUtf8(text)))
}
