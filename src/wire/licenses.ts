import { type Static, Type } from '@sinclair/typebox'
import { Fault } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type * as domain from '~/domain/licenses.ts'
import {
  deriveStatus,
  type LicenseEdit,
  type LicenseRecord,
  type Overrides,
  resolveEntitlements,
} from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { parseTimestamp, toTimestamp } from '~/domain/times.ts'
import {
  DomainText,
  defined,
  Email,
  Features,
  Fingerprint,
  Limit,
  literals,
  Metadata,
  Name,
  nullable,
  presentOptionalTime,
  Reason,
  Slug,
  Timestamp,
} from './fields.ts'
import { pageQuery } from './pages.ts'

export const BULK_MATCHES_MAX = 1000
const QUANTITY_MAX = 1000
const DOMAINS_MAX = 1000
const OVERLAP_HOURS_MAX = 720
const DAYS_MAX = 36_500

export const LicenseStatus = literals(['active', 'suspended', 'expired', 'revoked'], {
  description: 'One of active, suspended, expired and revoked.',
})
export type LicenseStatus = Static<typeof LicenseStatus>

const Time = Type.String()
const OptionalTime = nullable(Time)

const example = {
  id: 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
  key: 'TO-****-****-****-2FWA',
  status: 'active',
  product: 'default',
  plan: 'professional',
  features: { sso: true, projects: 10 },
  overrides: [],
  customer_email: 'dev@example.com',
  customer_name: null,
  max_domains: 3,
  domains: ['example.com', 'staging.example.com'],
  domains_count: 2,
  max_devices: 5,
  devices: 1,
  max_seats: null,
  created_at: '2026-03-06T00:00:00Z',
  updated_at: '2026-03-06T12:34:56Z',
  expires_at: '2027-03-06T00:00:00Z',
  activated_at: '2026-03-06T12:00:00Z',
  suspended_at: null,
  suspension_reason: null,
  revoked_at: null,
  last_validated_at: '2026-03-06T12:34:56Z',
  validation_count: 1247,
  metadata: {},
  external_ref: null,
  version: 7,
}

export const OverrideName = literals(['features', 'max_domains', 'max_devices', 'max_seats'])

export const License = Type.Object(
  {
    id: Type.String(),
    key: Type.String({ description: 'Masked, but for callers with `licenses:reveal`.' }),
    status: LicenseStatus,
    product: Type.String(),
    plan: Type.String(),
    features: Features,
    overrides: Type.Array(OverrideName),
    customer_email: nullable(Type.String()),
    customer_name: nullable(Type.String()),
    max_domains: Limit,
    domains: Type.Array(Type.String(), { description: 'The 100 oldest.' }),
    domains_count: Type.Integer(),
    max_devices: Limit,
    devices: Type.Integer(),
    max_seats: Limit,
    created_at: Time,
    updated_at: Time,
    expires_at: OptionalTime,
    starts_on: Type.Optional(literals(['first_validation'])),
    activated_at: OptionalTime,
    suspended_at: OptionalTime,
    suspension_reason: nullable(Type.String()),
    revoked_at: OptionalTime,
    last_validated_at: OptionalTime,
    validation_count: Type.Integer(),
    metadata: Metadata,
    external_ref: nullable(Type.String()),
    version: Type.Integer({ description: 'Moves by management changes only; the ETag.' }),
  },
  { title: 'License', description: 'The license.', examples: [example] },
)
export type License = Static<typeof License>

export const LicenseList = Type.Object(
  { data: Type.Array(License) },
  { title: 'LicenseList', description: 'The licenses.', examples: [{ data: [example] }] },
)

const ExternalRef = nullable(Type.String({ minLength: 1, maxLength: 255 }))

const overridable = {
  features: Type.Optional(Features),
  max_domains: Type.Optional(Limit),
  max_devices: Type.Optional(Limit),
  max_seats: Type.Optional(Limit),
}

export const CreateLicenseBody = Type.Object(
  {
    plan: Slug,
    customer_email: Email,
    customer_name: Type.Optional(nullable(Name)),
    quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: QUANTITY_MAX })),
    expires_at: Type.Optional(nullable(Timestamp)),
    ...overridable,
    metadata: Type.Optional(Metadata),
    external_ref: Type.Optional(ExternalRef),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    domains: Type.Optional(Type.Array(Type.String({ maxLength: 1000 }), { maxItems: DOMAINS_MAX })),
  },
  {
    additionalProperties: false,
    examples: [{ plan: 'professional', customer_email: 'dev@example.com' }],
  },
)
export type CreateLicenseBody = Static<typeof CreateLicenseBody>

const changes = {
  plan: Type.Optional(Slug),
  customer_email: Type.Optional(Email),
  customer_name: Type.Optional(nullable(Name)),
  expires_at: Type.Optional(nullable(Timestamp)),
  ...overridable,
  metadata: Type.Optional(Metadata),
  external_ref: Type.Optional(ExternalRef),
  inherit: Type.Optional(Type.Array(OverrideName, { maxItems: 4 })),
}

export const UpdateLicenseBody = Type.Object(changes, {
  additionalProperties: false,
  examples: [{ max_domains: 5, metadata: { order: 'A-1009' } }],
})
export type UpdateLicenseBody = Static<typeof UpdateLicenseBody>

export const LookupLicenseBody = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 300 }) },
  { additionalProperties: false, examples: [{ key: 'TO-7Q4M-X0ZD-9KTB-2F17' }] },
)

/** Bodies of the commands below may be left out altogether. */
export const ReasonBody = Type.Optional(
  Type.Object(
    { reason: Type.Optional(Reason) },
    { additionalProperties: false, examples: [{ reason: 'payment failed' }] },
  ),
)

const renewal = {
  expires_at: Type.Optional(Timestamp),
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: DAYS_MAX })),
}

export const RenewLicenseBody = Type.Optional(
  Type.Object(renewal, { additionalProperties: false, examples: [{ days: 365 }] }),
)

export const RotateKeyBody = Type.Optional(
  Type.Object(
    {
      overlap_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: OVERLAP_HOURS_MAX })),
    },
    { additionalProperties: false, examples: [{ overlap_hours: 24 }] },
  ),
)

const filters = {
  status: Type.Optional(LicenseStatus),
  plan: Type.Optional(Type.String({ maxLength: 64, description: 'Slug of a plan.' })),
  product: Type.Optional(Type.String({ maxLength: 64, description: 'Slug of a product.' })),
  customer_email: Type.Optional(Type.String({ maxLength: 254, description: 'A whole e-mail.' })),
  domain: Type.Optional(Type.String({ maxLength: 1000, description: 'An activated domain.' })),
  external_ref: Type.Optional(
    Type.String({ maxLength: 255, description: 'The reference in a system of yours.' }),
  ),
  expires_before: Type.Optional(Timestamp),
  expires_after: Type.Optional(Timestamp),
  created_after: Type.Optional(Timestamp),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 254,
      description: 'Beginning of e-mail or name, a whole id, or the last four of the key.',
    }),
  ),
}

export const LicenseFilter = Type.Object(filters, { additionalProperties: false })
export type LicenseFilter = Static<typeof LicenseFilter>

export const ListLicensesQuery = Type.Object(
  { ...filters, ...pageQuery },
  { additionalProperties: false },
)

const matching = {
  ids: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: BULK_MATCHES_MAX })),
  filter: Type.Optional(LicenseFilter),
}

/** One action on many licenses; which of the other fields count depends on `action`. */
export const BulkBody = Type.Object(
  {
    action: literals(['suspend', 'reinstate', 'revoke', 'renew', 'update']),
    ...matching,
    reason: Type.Optional(Reason),
    ...renewal,
    ...changes,
    expires_at: Type.Optional(nullable(Timestamp)),
  },
  {
    additionalProperties: false,
    examples: [
      { action: 'suspend', filter: { customer_email: 'dev@example.com' }, reason: 'fraud' },
    ],
  },
)
export type BulkBody = Static<typeof BulkBody>

export const ExplainQuery = Type.Object(
  {
    domain: Type.Optional(DomainText),
    fingerprint: Type.Optional(Fingerprint),
    product: Type.Optional(
      Type.String({ maxLength: 64, description: 'Slug of the app’s product.' }),
    ),
    features: Type.Optional(
      Type.String({
        maxLength: 6500,
        description: 'Names of features that the app asks for, with commas between them.',
      }),
    ),
    at: Type.Optional({
      ...Timestamp,
      description: 'An RFC 3339 time such as 2027-03-06T00:00:00Z, instead of now.',
    }),
  },
  { additionalProperties: false },
)

export const Explanation = Type.Object(
  {
    valid: Type.Boolean(),
    error: nullable(Type.String()),
    checks: Type.Array(
      Type.Object({ name: Type.String(), passed: Type.Boolean(), detail: Type.String() }),
    ),
  },
  {
    title: 'Explanation',
    description: 'Every check of a validation, in its order.',
    examples: [
      {
        valid: false,
        error: 'DOMAIN_LIMIT_REACHED',
        checks: [
          { name: 'expiry', passed: true, detail: 'The license has no end.' },
          { name: 'domain', passed: false, detail: 'All 3 domains of this license are in use.' },
        ],
      },
    ],
  },
)

const overrideWords: Readonly<Record<keyof Overrides, License['overrides'][number]>> = {
  features: 'features',
  maxDomains: 'max_domains',
  maxDevices: 'max_devices',
  maxSeats: 'max_seats',
}

/** `key` is what the caller may see of it: whole or masked. */
export function presentLicense(record: LicenseRecord, key: string, nowMs: number): License {
  const { license, plan, domains } = record
  const { features, maxDomains, maxDevices, maxSeats } = resolveEntitlements(license, plan)
  return {
    id: license.id,
    key,
    status: deriveStatus(license, nowMs),
    product: license.productSlug,
    plan: license.planSlug,
    features: { ...features },
    overrides: overrideNames(license.overrides),
    customer_email: license.customerEmail,
    customer_name: license.customerName,
    max_domains: maxDomains,
    domains: [...domains],
    domains_count: license.domainsUsed,
    max_devices: maxDevices,
    devices: license.devicesUsed,
    max_seats: maxSeats,
    created_at: toTimestamp(license.createdAtMs),
    updated_at: toTimestamp(license.updatedAtMs),
    expires_at: presentOptionalTime(license.expiresAtMs),
    ...(license.pendingDays === null ? {} : { starts_on: 'first_validation' as const }),
    activated_at: presentOptionalTime(license.activatedAtMs),
    suspended_at: presentOptionalTime(license.suspendedAtMs),
    suspension_reason: license.suspensionReason,
    revoked_at: presentOptionalTime(license.revokedAtMs),
    last_validated_at: presentOptionalTime(license.lastValidatedAtMs),
    validation_count: license.validationCount,
    metadata: { ...license.metadata },
    external_ref: license.externalRef,
    version: license.version,
  }
}

/** With the key masked, as events show it. */
export function presentMaskedLicense(record: LicenseRecord, nowMs: number): License {
  return presentLicense(record, record.license.keyMasked, nowMs)
}

export function overrideNames(overrides: Overrides): License['overrides'] {
  const names = Object.keys(overrideWords) as (keyof Overrides)[]
  return names.filter((name) => overrides[name] !== undefined).map((name) => overrideWords[name])
}

export function parseOverrides(
  body: Pick<CreateLicenseBody, 'features' | 'max_domains' | 'max_devices' | 'max_seats'>,
): Overrides {
  return defined({
    features: body.features,
    maxDomains: body.max_domains,
    maxDevices: body.max_devices,
    maxSeats: body.max_seats,
  })
}

const overrideByWord = {
  features: 'features',
  max_domains: 'maxDomains',
  max_devices: 'maxDevices',
  max_seats: 'maxSeats',
} as const

/** `plan` is the one that the body names, already found. */
export function parseLicenseEdit(
  body: Omit<UpdateLicenseBody, 'plan'>,
  plan: Plan | undefined,
): LicenseEdit {
  return defined({
    plan,
    customerEmail: body.customer_email?.toLowerCase(),
    customerName: body.customer_name,
    metadata: body.metadata,
    externalRef: body.external_ref,
    expiresAtMs: parseExpiry(body.expires_at),
    overrides: parseOverrides(body),
    inherit: body.inherit?.map((word) => overrideByWord[word]),
  })
}

export function parseExpiry(text: string | null | undefined): number | null | undefined {
  return typeof text === 'string' ? parseTimestamp(text, '/expires_at') : text
}

export function parseRenewal(body: Pick<BulkBody, 'expires_at' | 'days'> | null | undefined) {
  const { expires_at: expiresAt, days } = body ?? {}
  if (expiresAt != null && days !== undefined) {
    throw new Fault('validation_failed', 'Give expires_at or days, not both.')
  }
  return defined({ expiresAtMs: parseExpiry(expiresAt) ?? undefined, days })
}

/** `at` names where the filter stands (`?` in a query, `/filter/` in a body), for its errors. */
export function parseLicenseFilter(
  wire: LicenseFilter,
  at: string,
  nowMs: number,
): domain.LicenseFilter {
  const readTime = (name: 'expires_before' | 'expires_after' | 'created_after') => {
    const text = wire[name]
    return text === undefined ? undefined : parseTimestamp(text, `${at}${name}`)
  }
  return defined({
    status: wire.status && { is: wire.status, atMs: nowMs },
    planSlug: wire.plan,
    productSlug: wire.product,
    customerEmail: wire.customer_email?.toLowerCase(),
    domain: wire.domain === undefined ? undefined : (parseHostname(wire.domain)?.host ?? ''),
    externalRef: wire.external_ref,
    expiresBeforeMs: readTime('expires_before'),
    expiresAfterMs: readTime('expires_after'),
    createdAfterMs: readTime('created_after'),
    search: wire.q,
  })
}
