import type { Static } from '@sinclair/typebox'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { OptionalTime, presentOptionalTime } from './fields.ts'
import { Type } from './type.ts'

export const PendingSession = Type.Response(
  'PendingCheckoutSession',
  'The purchase has not arrived, or is not processed yet. Ask again later.',
  { state: 'pending', retry_after: 2 },
  {
    state: Type.Literal('pending'),
    retry_after: Type.Count('How many seconds to wait, as in `Retry-After`.'),
    hint: Type.Optional(
      Type.Described('A sentence for the customer, if the purchase needs the help of the vendor.'),
    ),
  },
)
export type PendingSession = Static<typeof PendingSession>

const SessionLicense = Type.Object(
  {
    key: Type.Described('The license key.'),
    product: Type.Described('Slug of the product.'),
    plan: Type.Described('Slug of the plan.'),
    expires_at: OptionalTime,
  },
  { title: 'CheckoutSessionLicense', description: 'A license that was bought.' },
)
export type SessionLicense = Static<typeof SessionLicense>

export const ReadySession = Type.Response(
  'CheckoutSession',
  'The licenses that were bought, without those that are revoked.',
  {
    state: 'ready',
    licenses: [
      { key: 'TO-7Q4M-X0ZD-9KTB-2F17', product: 'default', plan: 'professional', expires_at: null },
    ],
  },
  { state: Type.Literal('ready'), licenses: Type.Array(SessionLicense) },
)
export type ReadySession = Static<typeof ReadySession>

export function presentSessionLicense({ license }: LicenseRecord, key: string): SessionLicense {
  return {
    key,
    product: license.productSlug,
    plan: license.planSlug,
    expires_at: presentOptionalTime(license.expiresAtMs),
  }
}
