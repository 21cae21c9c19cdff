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
  OptionalTime,
  presentOptionalTime,
} from './fields.ts'

const FEATURES_MAX = 100
const NAME_MAX = 64
/** Longer values are cut before they are stored: a customer is not refused because of a name. */
const CUT_TEXT_MAX = 4096

/** Unknown fields are ignored, so that apps of many versions can call one server. */
export const ValidateBody = Type.Object(
  {
    key: LicenseKeyText,
    domain: clientField(DomainText),
    fingerprint: clientField(Fingerprint),
    device_name: clientField(
      Type.String({ maxLength: CUT_TEXT_MAX, description: 'A display name for the device.' }),
    ),
    product: clientField(
      Type.String({
        maxLength: NAME_MAX,
        description: 'The slug of the product that the app expects.',
      }),
    ),
    features: clientField(
      Type.Array(Type.String({ maxLength: NAME_MAX }), {
        maxItems: FEATURES_MAX,
        description: 'Features that the license must include.',
      }),
    ),
    version: clientField(
      Type.String({ maxLength: CUT_TEXT_MAX, description: 'The version of the app.' }),
    ),
  },
  {
    title: 'ValidateRequest',
    additionalProperties: true,
    examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17', domain: 'example.com' }],
  },
)
export type ValidateBody = Static<typeof ValidateBody>

export const Warning = literals(['IN_GRACE', 'EXPIRES_SOON'], {
  title: 'ValidationWarning',
  description: 'A notice about a valid license.',
})

const ValidatedLicense = Type.Object(
  { id: Type.String(), plan: Type.String(), expiresAt: OptionalTime, features: Features },
  { title: 'ValidatedLicense', description: 'The part of a license that an app needs.' },
)

export const ValidVerdict = Type.Object(
  { valid: Type.Literal(true), license: ValidatedLicense, warnings: Type.Array(Warning) },
  {
    title: 'ValidVerdict',
    description: 'The license is valid.',
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

/** In the order of the checks. */
export const verdictErrors = [
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

export const VerdictError = literals(verdictErrors, {
  title: 'VerdictError',
  description: 'The check that failed.',
})

const message = Type.String({ description: 'A human-readable message.' })
const details = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), {
    description: 'Facts about the refusal, such as the limit and the number in use.',
  }),
)

export const RefusedVerdict = Type.Object(
  { valid: Type.Literal(false), error: VerdictError, message, details },
  {
    title: 'RefusedVerdict',
    description: 'The license exists but is not valid here and now.',
    examples: [
      {
        valid: false,
        error: 'DOMAIN_LIMIT_REACHED',
        message: 'All 3 domains of this license are in use.',
        details: { limit: 3, used: 3 },
      },
    ],
  },
)

/** The response with status 404. */
export const UnknownKeyVerdict = Type.Object(
  {
    valid: Type.Literal(false),
    error: literals(['LICENSE_KEY_MALFORMED', 'LICENSE_NOT_FOUND'], { title: 'UnknownKeyError' }),
    message,
    details,
  },
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

export const Verdict = Type.Union([ValidVerdict, RefusedVerdict], {
  title: 'Verdict',
  description: 'Whether the license is valid here and now, and if not, why.',
})
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
