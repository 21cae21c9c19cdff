import { Type } from './type.ts'

/** Fields of client calls that ask for a signed response. */
export const signingFields = {
  lease: Type.ClientField(
    Type.Boolean({
      description:
        'Whether `signed` should be a lease, with which the app works offline. It is one if the plan allows it.',
    }),
  ),
  nonce: Type.ClientField(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{16,64}$',
      description: '16–64 random letters, digits, hyphens and underscores, which `signed` repeats.',
    }),
  ),
}

/** The signed form of a response. */
export const Signed = Type.Optional(
  Type.Described(
    'The same outcome as a signed token (JWS), if the request has `lease: true` or a `nonce`: a lease or an answer.',
  ),
)
