import type { Static } from '@sinclair/typebox'
import { DomainText, Fingerprint, Timestamp } from './fields.ts'
import { Type } from './type.ts'
import { VerdictError } from './validations.ts'

export const ExplainQuery = Type.Query(
  Type.Optionals({
    domain: DomainText,
    fingerprint: Fingerprint,
    product: Type.Text(64, 'The slug of the product that the app expects.'),
    features: Type.Text(6500, 'Names of the features that the app requests, separated by commas.'),
    at: {
      ...Timestamp,
      description: 'An RFC 3339 time such as 2027-03-06T00:00:00Z; now by default.',
    },
  }),
)
export type ExplainQuery = Static<typeof ExplainQuery>

export const Explanation = Type.Response(
  'Explanation',
  'The result of every check of a validation, in order.',
  {
    valid: false,
    error: 'DOMAIN_LIMIT_REACHED',
    notices: [],
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
    error: Type.Nullable(Type.PublishAs(Type.String(), VerdictError)),
    notices: Type.Array(Type.String(), {
      description: 'Limits of the license that nothing enforces, each with the reason.',
    }),
    checks: Type.Array(
      Type.Object(
        { name: Type.String(), passed: Type.Boolean(), detail: Type.String() },
        { title: 'ExplanationCheck', description: 'One check of a validation.' },
      ),
    ),
  },
)
export type Explanation = Static<typeof Explanation>
