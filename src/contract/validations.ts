import { type Static, Type } from '@sinclair/typebox'
import {
  appField,
  DisplayName,
  DomainText,
  Features,
  Fingerprint,
  literals,
  nullable,
  PresentedKey,
} from './fields.ts'

const FEATURES_MAX = 100

/** An app's body: unknown fields are ignored, for clients of many versions. */
export const ValidateBody = Type.Object(
  {
    key: PresentedKey,
    domain: appField(DomainText),
    fingerprint: appField(Fingerprint),
    device_name: appField(DisplayName),
    product: appField(Type.String({ maxLength: 64 })),
    features: appField(Type.Array(Type.String({ maxLength: 64 }), { maxItems: FEATURES_MAX })),
    version: appField(Type.String({ maxLength: 64 })),
  },
  {
    additionalProperties: true,
    examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', domain: 'example.com' }],
  },
)
export type ValidateBody = Static<typeof ValidateBody>

export const Warning = literals(['IN_GRACE', 'EXPIRES_SOON'])

export const ValidVerdict = Type.Object(
  {
    valid: Type.Literal(true),
    license: Type.Object({
      id: Type.String(),
      plan: Type.String(),
      expiresAt: nullable(Type.String()),
      features: Features,
    }),
    warnings: Type.Array(Warning),
  },
  {
    title: 'ValidVerdict',
    examples: [
      {
        valid: true,
        license: {
          id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
          plan: 'professional',
          expiresAt: '2027-03-06T00:00:00Z',
          features: { sso: true },
        },
        warnings: [],
      },
    ],
  },
)

const refusal = {
  valid: Type.Literal(false),
  error: Type.String({ description: 'A stable word for programs, such as LICENSE_EXPIRED.' }),
  message: Type.String({ description: 'A sentence for people.' }),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
}

export const RefusedVerdict = Type.Object(refusal, {
  title: 'RefusedVerdict',
  examples: [
    {
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      message: 'All 3 domains of this license are in use.',
      details: { limit: 3, used: 3 },
    },
  ],
})

/** What stands with status 404: the key is nobody's. */
export const UnknownKeyVerdict = Type.Object(refusal, {
  title: 'UnknownKeyVerdict',
  description: 'No license has this key.',
  examples: [
    {
      valid: false,
      error: 'LICENSE_NOT_FOUND',
      message: 'There is no license with this key.',
    },
  ],
})

export const Verdict = Type.Union([ValidVerdict, RefusedVerdict], { description: 'The verdict.' })
export type Verdict = Static<typeof Verdict>
