import type { Static } from '@sinclair/typebox'
import { checkErrors } from '~/domain/verdicts.ts'
import {
  clientBody,
  DomainText,
  deviceNames,
  exampleId,
  FeatureMap,
  Fingerprint,
  OptionalTime,
  requirements,
} from './fields.ts'
import { Signed, signingFields } from './signing.ts'
import { Type } from './type.ts'

/** Unknown fields are ignored, so that apps of many versions can call one server. */
export const ValidateBody = clientBody(
  'ValidateRequest',
  { domain: 'example.com' },
  {
    domain: Type.ClientField(DomainText),
    fingerprint: Type.ClientField(Fingerprint),
    ...deviceNames,
    ...requirements,
    version: Type.ClientField(
      Type.Described('The version of the app. It is cut to 64 characters.'),
    ),
    ...signingFields,
  },
)
export type ValidateBody = Static<typeof ValidateBody>

export const Warning = Type.Literals(['IN_GRACE', 'EXPIRES_SOON'], {
  title: 'ValidationWarning',
  description: 'A notice about a valid license.',
})

const ValidatedLicense = Type.Object(
  { id: Type.String(), plan: Type.String(), expiresAt: OptionalTime, features: FeatureMap },
  { title: 'ValidatedLicense', description: 'The part of a license that an app needs.' },
)

export const ValidVerdict = Type.Response(
  'ValidVerdict',
  'The license is valid.',
  {
    valid: true,
    license: {
      id: exampleId('lic'),
      plan: 'professional',
      expiresAt: '2027-03-06T00:00:00Z',
      features: { sso: true },
    },
    warnings: [],
  },
  {
    valid: Type.Literal(true),
    license: ValidatedLicense,
    warnings: Type.Array(Warning),
    signed: Signed,
  },
)

export const VerdictError = Type.Literals(checkErrors, {
  title: 'VerdictError',
  description: 'The check that failed.',
})

const message = Type.Described('A human-readable message.')
const details = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), {
    description: 'Facts about the refusal, such as the limit and the number in use.',
  }),
)

export const RefusedVerdict = Type.Response(
  'RefusedVerdict',
  'The license exists but is not valid here and now.',
  {
    valid: false,
    error: 'DOMAIN_LIMIT_REACHED',
    message: 'All 3 domains of this license are in use.',
    details: { limit: 3, used: 3 },
  },
  { valid: Type.Literal(false), error: VerdictError, message, details, signed: Signed },
)

/** The response with status 404. */
export const UnknownKeyVerdict = Type.Response(
  'UnknownKeyVerdict',
  'No license has this key.',
  { valid: false, error: 'LICENSE_NOT_FOUND', message: 'There is no license with this key.' },
  {
    valid: Type.Literal(false),
    error: Type.Literals(['LICENSE_KEY_MALFORMED', 'LICENSE_NOT_FOUND'], {
      title: 'UnknownKeyError',
    }),
    message,
    details,
    signed: Signed,
  },
)

export const Verdict = Type.Union([ValidVerdict, RefusedVerdict], {
  title: 'Verdict',
  description: 'Whether the license is valid here and now, and if not, why.',
})
export type Verdict = Static<typeof Verdict>
