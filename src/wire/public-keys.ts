import type { Static } from '@sinclair/typebox'
import type { SigningKeyState } from '~/domain/signing-keys.ts'
import { Type } from './type.ts'

const PublicKey = Type.Object(
  {
    kty: Type.Literal('OKP'),
    crv: Type.Literal('Ed25519'),
    x: Type.Described('The public key, as apps pin it.'),
    kid: Type.Described('The first 16 characters of its thumbprint (RFC 7638).'),
    use: Type.Literal('sig'),
    alg: Type.Literal('EdDSA'),
    licet_state: Type.Literals(['active', 'next', 'retired'], {
      description:
        'Whether the key signs now, will sign after the next rotation, or signed before.',
    }),
  },
  { title: 'PublicKey', description: 'A public key as a JSON Web Key (RFC 7517).' },
)

export const PublicKeys = Type.Response(
  'PublicKeys',
  'The public keys that are not revoked (RFC 7517).',
  {
    keys: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: 'kPrK_qmxVWaYVA9w',
        use: 'sig',
        alg: 'EdDSA',
        licet_state: 'active',
      },
    ],
  },
  { keys: Type.Array(PublicKey) },
)
export type PublicKeys = Static<typeof PublicKeys>

interface Key {
  readonly kid: string
  readonly x: string
  readonly state: SigningKeyState
}

/** Presents keys as a JSON Web Key Set, without those that are revoked. */
export function presentPublicKeys(keys: readonly Key[]): PublicKeys {
  const fixed = { kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' } as const
  const shown = keys.flatMap(({ kid, x, state }) =>
    state === 'revoked' ? [] : [{ ...fixed, x, kid, licet_state: state }],
  )
  return { keys: shown }
}
