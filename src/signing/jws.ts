import { type KeyObject, sign } from 'node:crypto'

/** The only algorithm, by the name that most libraries know (RFC 8037). */
const ALGORITHM = 'EdDSA'

/** Returns a signed token: JWS in compact form (RFC 7515) with an Ed25519 signature (RFC 8032). */
export function signToken(
  { kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject },
  typ: string,
  claims: object,
): string {
  const input = `${encode({ alg: ALGORITHM, kid, typ })}.${encode(claims)}`
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
