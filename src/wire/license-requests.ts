import type { Static } from '@sinclair/typebox'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { LicenseEdit } from '~/domain/license-updates.ts'
import type { Overrides } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { parseTimestamp } from '~/domain/times.ts'
import {
  Email,
  Features,
  Limit,
  Metadata,
  Name,
  omitUndefined,
  parseEmail,
  Reason,
  Slug,
  Timestamp,
} from './fields.ts'
import { LicenseFilter } from './license-filters.ts'
import { type License, OverrideName } from './licenses.ts'
import { parseFields, toCamelCase } from './names.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

export const BULK_MATCHES_MAX = 1000
/** Each license of a request stores and returns a copy of its metadata, features and names. */
const COPIES_LENGTH_MAX = 1_048_576
const QUANTITY_MAX = 1000
const DOMAINS_MAX = 1000
const OVERLAP_HOURS_MAX = 720
const DAYS_MAX = 36_500
const KEY_LENGTH_MAX = 300

const ExternalRef = Type.Nullable(
  buildText('Reference', {
    minLength: 1,
    maxLength: 255,
    description: 'Your own reference to the license, such as an order number: 1–255 characters.',
  }),
)

const facts = Type.Optionals({
  plan: Slug,
  customer_email: Email,
  customer_name: Type.Nullable(Name),
  expires_at: Type.Nullable(Timestamp),
  features: Features,
  max_domains: Limit,
  max_devices: Limit,
  max_seats: Limit,
  metadata: Metadata,
  external_ref: ExternalRef,
})

const creation = {
  ...facts,
  plan: Slug,
  customer_email: Email,
  key: Type.Optional(Type.NonEmpty(KEY_LENGTH_MAX, 'An existing license key to import.')),
  domains: Type.Optional(Type.List(Type.Text(1000), DOMAINS_MAX, 'Domains to activate.')),
  reuse: Type.Optional(
    Type.Boolean({
      description:
        'Whether to return the licenses of the same product that already have this `external_ref`, ' +
        'with status 200, instead of creating others.',
    }),
  ),
}
const quantity = Type.IntegerBetween(1, QUANTITY_MAX, `The number of licenses, 1–${QUANTITY_MAX}.`)
const creationExample = { plan: 'professional', customer_email: 'dev@example.com' }

/** Published without `quantity`, which is the older way to create many licenses at once. */
export const CreateLicenseBody = Type.PublishAs(
  Type.Object(
    { ...creation, quantity: Type.Optional(quantity) },
    { additionalProperties: false, examples: [creationExample] },
  ),
  Type.Object(creation, { title: 'CreateLicenseRequest', examples: [creationExample] }),
)
export type CreateLicenseBody = Static<typeof CreateLicenseBody>

export const CreateLicensesBody = Type.Request(
  'CreateLicensesRequest',
  [{ ...creationExample, quantity: 25 }],
  { ...creation, quantity },
)

const changes = {
  ...facts,
  expiry: Type.Optional(
    Type.Literals(['keep', 'plan'], {
      description:
        'The end of a license that has started and gets a new `plan`: `keep` keeps it, `plan` applies ' +
        'the duration of the new plan from now.',
    }),
  ),
  inherit: Type.Optional(
    Type.List(OverrideName, 4, 'Overrides to remove, so that the values of the plan apply again.'),
  ),
}

export const UpdateLicenseBody = Type.Request(
  'UpdateLicenseRequest',
  [{ max_domains: 5, metadata: { order: 'A-1009' } }],
  changes,
)
export type UpdateLicenseBody = Static<typeof UpdateLicenseBody>

export const LookupLicenseBody = Type.Request(
  'LookupLicenseRequest',
  [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17' }],
  { key: Type.NonEmpty(KEY_LENGTH_MAX, 'The license key, as the customer entered it.') },
)

/** The whole body is optional, as in the next two. */
export const ReasonBody = Type.Optional(
  Type.Request('ReasonRequest', [{ reason: 'payment failed' }], { reason: Type.Optional(Reason) }),
)

const renewal = Type.Optionals({
  expires_at: Timestamp,
  days: Type.IntegerBetween(
    1,
    DAYS_MAX,
    `Days to add, 1–${DAYS_MAX}. They count from the expiration, or from now if it has passed.`,
  ),
})

export const RenewLicenseBody = Type.Optional(
  Type.Request('RenewLicenseRequest', [{ days: 365 }], renewal, {
    description:
      'Send a new expiration or a number of days to add. By default, the duration of the plan is added.',
  }),
)

export const RotateKeyBody = Type.Optional(
  Type.Request('RotateLicenseKeyRequest', [{ overlap_hours: 24 }], {
    overlap_hours: Type.Optional(
      Type.IntegerBetween(
        0,
        OVERLAP_HOURS_MAX,
        `How many hours the old key keeps working, 0–${OVERLAP_HOURS_MAX}; 0 by default.`,
      ),
    ),
  }),
)

/** One action on many licenses; `action` decides which of the other fields are allowed. */
export const BulkBody = Type.Request(
  'ChangeLicensesRequest',
  [{ action: 'suspend', filter: { customer_email: 'dev@example.com' }, reason: 'fraud' }],
  {
    action: Type.Literals(['suspend', 'reinstate', 'revoke', 'renew', 'update']),
    ids: Type.Optional(
      Type.List(Type.Text(40), BULK_MATCHES_MAX, `IDs of up to ${BULK_MATCHES_MAX} licenses.`),
    ),
    filter: Type.Optional(LicenseFilter),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Whether to only say what would change, and change nothing.' }),
    ),
    reason: Type.Optional(Reason),
    ...renewal,
    ...changes,
    expires_at: Type.Optional(Type.Nullable(Timestamp)),
  },
  {
    description:
      'Send either ids or a filter. Use `reason` with suspend and revoke, `days` or `expires_at` with renew, and the fields of a license with update.',
  },
)
export type BulkBody = Static<typeof BulkBody>

type OverridesBody = Pick<CreateLicenseBody, License['overrides'][number]>

export function parseOverrides(body: OverridesBody): Overrides {
  const { features, max_domains, max_devices, max_seats } = body
  return omitUndefined(parseFields({ features, max_domains, max_devices, max_seats }))
}

/** `plan` is the plan that the body names. */
export function parseLicenseEdit(
  body: Omit<UpdateLicenseBody, 'plan'>,
  plan: Plan | undefined,
): LicenseEdit {
  checkExpiry(body, plan)
  return omitUndefined({
    plan,
    expiry: body.expiry,
    customerEmail: body.customer_email && parseEmail(body.customer_email),
    customerName: body.customer_name?.trim() ?? body.customer_name,
    metadata: body.metadata,
    externalRef: body.external_ref?.trim() ?? body.external_ref,
    expiresAtMs: parseExpiry(body.expires_at),
    overrides: parseOverrides(body),
    inherit: body.inherit?.map(toCamelCase),
  })
}

function checkExpiry(
  { expiry, expires_at: expiresAt }: Omit<UpdateLicenseBody, 'plan'>,
  plan: Plan | undefined,
): void {
  if (expiry === undefined) return
  if (expiresAt !== undefined) throw invalidField('/expiry', 'Send either expiry or expires_at.')
  if (plan === undefined) throw invalidField('/expiry', 'Send expiry together with a new plan.')
}

export function parseExpiry(text: string | null | undefined): number | null | undefined {
  return typeof text === 'string' ? parseTimestamp(text, '/expires_at') : text
}

export function parseRenewal(body: Pick<BulkBody, 'expires_at' | 'days'> | null | undefined) {
  const { expires_at: expiresAt, days } = body ?? {}
  if (expiresAt != null && days !== undefined) {
    throw new Fault('validation_failed', 'Send either expires_at or days.')
  }
  return omitUndefined({ expiresAtMs: parseExpiry(expiresAt) ?? undefined, days })
}

/** Returns how many licenses may get a copy of these fields in one request, so that none takes long. */
export function countCopiesMax(fields: object): number {
  return Math.max(1, Math.floor(COPIES_LENGTH_MAX / JSON.stringify(fields).length))
}
