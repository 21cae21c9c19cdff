import { Type } from '@sinclair/typebox'
import {
  DomainText,
  Fingerprint,
  nullable,
  publishAs,
  query,
  shape,
  Timestamp,
  text,
} from './fields.ts'
import { VerdictError } from './validations.ts'

export const ExplainQuery = query({
  domain: Type.Optional(DomainText),
  fingerprint: Type.Optional(Fingerprint),
  product: Type.Optional(text(64, 'The slug of the product that the app expects.')),
  features: Type.Optional(
    text(6500, 'Names of the features that the app requests, separated by commas.'),
  ),
  at: Type.Optional({
    ...Timestamp,
    description: 'An RFC 3339 time such as 2027-03-06T00:00:00Z; now by default.',
  }),
})

export const Explanation = shape(
  'Explanation',
  'The result of every check of a validation, in order.',
  {
    valid: false,
    error: 'DOMAIN_LIMIT_REACHED',
    checks: [
      { name: 'expiry', passed: true, detail: 'The license never expires.' },
      {
        name: 'domain',
        passed: false,
        detail:
          'blog.example.org is not activated, and no slot is free (3 of 3 in use: a.example, ' +
          'b.example, c.example). Deactivate or move one, or raise the limit.',
      },
    ],
  },
  {
    valid: Type.Boolean(),
    error: nullable(publishAs(Type.String(), VerdictError)),
    checks: Type.Array(
      Type.Object(
        { name: Type.String(), passed: Type.Boolean(), detail: Type.String() },
        { title: 'ExplanationCheck', description: 'One check of a validation.' },
      ),
    ),
  },
)
