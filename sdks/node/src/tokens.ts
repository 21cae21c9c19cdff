import { removeArmor } from './armor.ts'
import { fromBase64url, fromUtf8, toBase64url, toUtf8 } from './bytes.ts'
import { type ClaimsByType, hasClaims, type TokenType } from './claims.ts'
import { isSoundKey, isSoundSignature, type VerifySignature } from './ed25519.ts'
import { type JsonObject, parseUniqueObject } from './json.ts'
import { sha256 } from './sha256.ts'

const TOKEN_BYTES_MAX = 16 * 1024
const FEED_BYTES_MAX = 1024 * 1024
const SIGNATURE_BYTES = 64
const KEY_BYTES = 32
const KID_CHARACTERS = 16
const HEADER_MEMBERS = 3

/** Why a token proves nothing: the codes of the conformance suite, §Verification. */
export type TokenFault =
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
  | 'FEED_GAP'

/** A token, file or feed that proves nothing. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenFault

  constructor(code: TokenFault, message: string) {
    super(message)
    this.code = code
  }
}

/** A token whose signature and claims are good. Its times and bindings have not been checked. */
export interface Token<Type extends TokenType = TokenType> {
  readonly type: Type
  readonly kid: string
  readonly claims: ClaimsByType[Type]
}

/**
 * Opens a compact JWS (RFC 7515), armored if it is a file or a feed, that one of the pinned public keys
 * has signed with Ed25519. Throws `TokenError` for anything else. These are steps 1–8 of the conformance
 * suite, §Verification. The header never selects the algorithm.
 */
export async function openToken<Type extends TokenType>(
  text: string,
  type: Type,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Token<Type>> {
  const { head, body, signature } = split(text, type)
  const kid = readHeader(head, type)
  const publicKey = publicKeys.map(parsePublicKey).find((key) => key?.kid === kid)
  if (publicKey == null) throw new TokenError('KEY_UNKNOWN', `The key ${kid} is not pinned.`)
  const isSound = isSoundKey(publicKey.bytes) && isSoundSignature(signature)
  if (!isSound || !(await verify(publicKey.bytes, toUtf8(`${head}.${body}`), signature))) {
    throw new TokenError('SIGNATURE_INVALID', 'The signature is wrong.')
  }
  const claims = decode(body)
  if (claims === null || !hasClaims(type, claims)) throw malformed('its claims are')
  return { type, kid, claims }
}

/** Opens a token of one type or another. */
export async function openEither<First extends TokenType, Second extends TokenType>(
  text: string,
  [first, second]: readonly [First, Second],
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Token<First> | Token<Second>> {
  try {
    return await openToken(text, first, publicKeys, verify)
  } catch (error) {
    if (!(error instanceof TokenError) || error.code !== 'TYPE_UNEXPECTED') throw error
    return openToken(text, second, publicKeys, verify)
  }
}

function split(text: string, type: TokenType) {
  const bytesMax = type === 'licet-revocations+jwt' ? FEED_BYTES_MAX : TOKEN_BYTES_MAX
  if (text.length > bytesMax || toUtf8(text).length > bytesMax) throw malformed('its length is')
  const [head = '', body = '', mark = '', ...rest] = removeArmor(text, type).split('.')
  const signature = fromBase64url(mark)
  const isEncoded = (part: string) => part !== '' && fromBase64url(part) !== null
  if (rest.length > 0 || !isEncoded(head) || !isEncoded(body)) throw malformed('its format is')
  if (signature?.length !== SIGNATURE_BYTES) throw malformed('the length of its signature is')
  return { head, body, signature }
}

/** Returns the ID of the key that the header names. */
function readHeader(head: string, type: TokenType): string {
  const header = decode(head) ?? {}
  const { alg, kid, typ } = header
  const isHeader = alg === 'EdDSA' && typeof kid === 'string' && typeof typ === 'string'
  if (!isHeader || Object.keys(header).length !== HEADER_MEMBERS) throw malformed('its header is')
  if (typ === type) return kid
  throw new TokenError('TYPE_UNEXPECTED', `The type of the token is ${typ} instead of ${type}.`)
}

function malformed(what: string): TokenError {
  return new TokenError('MALFORMED', `This text is incomplete or damaged: ${what} wrong.`)
}

function decode(part: string): JsonObject | null {
  const bytes = fromBase64url(part)
  const text = bytes && fromUtf8(bytes)
  return text === null ? null : parseUniqueObject(text)
}

/** Returns the bytes and the ID of a public key (RFC 7638); null if the text is not one. */
export function parsePublicKey(x: string): { kid: string; bytes: Uint8Array<ArrayBuffer> } | null {
  const bytes = fromBase64url(x)
  if (bytes?.length !== KEY_BYTES) return null
  const kid = hashText(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).slice(0, KID_CHARACTERS)
  return { kid, bytes }
}

/** Returns the base64url SHA-256 of a text in UTF-8, as in the claims `fp` and `req`. */
export function hashText(text: string): string {
  return toBase64url(sha256(toUtf8(text)))
}
