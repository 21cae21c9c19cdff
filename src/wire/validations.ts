import { type Static, Type } from '@sinclair/typebox'
import { type License, resolveEntitlements } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type * as domain from '~/domain/validations.ts'
import {
  clientField,
  DomainText,
  Features,
  Fingerprint,
  LicenseKeyText,
  literals,
  nullable,
  presentOptionalTime,
} from './fields.ts'

const FEATURES_MAX = 100
/** Cut to what is kept of it: for nothing but a name no customer is to be refused. */
const CutText = Type.String({ maxLength: 4096 })

/** An app's body: unknown fields are ignored, for clients of many versions. */
export const ValidateBody = Type.Object(
  {
    key: LicenseKeyText,
    domain: clientField(DomainText),
    fingerprint: clientField(Fingerprint),
    device_name: clientField(CutText),
    product: clientField(Type.String({ maxLength: 64 })),
    features: clientField(Type.Array(Type.String({ maxLength: 64 }), { maxItems: FEATURES_MAX })),
    version: clientField(CutText),
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

/** In the order in which they are checked. */
export const refusalWords = [
  'PRODUCT_MISMATCH',
  'LICENSE_REVOKED',
  'LICENSE_SUSPENDED',
  'LICENSE_EXPIRED',
  'FEATURE_NOT_INCLUDED',
  'DOMAIN_REQUIRED',
  'DOMAIN_INVALID',
  'DOMAIN_NOT_ACTIVATED',
  'DOMAIN_LIMIT_REACHED',
  'FINGERPRINT_REQUIRED',
  'DEVICE_NOT_ACTIVATED',
  'DEVICE_LIMIT_REACHED',
] as const

const refusal = <const Words extends readonly string[]>(words: Words) => ({
  valid: Type.Literal(false),
  error: literals(words),
  message: Type.String({ description: 'A sentence for people.' }),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})

export const RefusedVerdict = Type.Object(refusal(refusalWords), {
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
export const UnknownKeyVerdict = Type.Object(
  refusal(['LICENSE_KEY_MALFORMED', 'LICENSE_NOT_FOUND']),
  {
    title: 'UnknownKeyVerdict',
    description: 'No license has this key.',
    examples: [
      {
        valid: false,
        error: 'LICENSE_NOT_FOUND',
        message: 'There is no license with this key.',
      },
    ],
  },
)

export const Verdict = Type.Union([ValidVerdict, RefusedVerdict], { description: 'The verdict.' })
export type Verdict = Static<typeof Verdict>

export function presentVerdict(verdict: domain.Verdict, license: License, plan: Plan): Verdict {
  if (!verdict.valid) return verdict as Extract<Verdict, { valid: false }>
  return {
    valid: true,
    license: {
      id: license.id,
      plan: license.planSlug,
      expiresAt: presentOptionalTime(verdict.expiresAtMs),
      features: resolveEntitlements(license, plan).features,
    },
    warnings: [...verdict.warnings],
  }
}
