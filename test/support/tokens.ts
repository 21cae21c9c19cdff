import { compactVerify, importJWK } from 'jose'

export interface OpenedToken {
  readonly header: object
  readonly claims: Readonly<Record<string, unknown>>
}

/** Verifies a token with a library of others. Rejects unless the public key has signed it. */
export async function openToken(token: string, publicKey: string): Promise<OpenedToken> {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: publicKey, alg: 'EdDSA' })
  const { payload, protectedHeader } = await compactVerify(token, key)
  return { header: protectedHeader, claims: JSON.parse(new TextDecoder().decode(payload)) }
}

/** Returns the token in an armored text. Throws if there is anything else in it. */
export function removeArmor(label: 'LICENSE' | 'REVOCATIONS', text: string): string {
  const [begin, ...rest] = text.split('\n')
  const end = rest.splice(-2)
  const isFramed = begin === `-----BEGIN LICET ${label}-----`
  if (!isFramed || end.join('\n') !== `-----END LICET ${label}-----\n`) throw new Error(text)
  return rest.join('')
}
