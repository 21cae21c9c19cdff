import type { Static } from '@sinclair/typebox'
import { maskSessionIds } from '~/domain/checkout-sessions.ts'
import {
  deriveStatus,
  type LicenseRecord,
  type Overrides,
  resolveEntitlements,
  suspensionCauses,
} from '~/domain/licenses.ts'
import type { LicensePurchase } from '~/domain/purchases.ts'
import { toTimestamp } from '~/domain/times.ts'
import { CheckoutMode, ProviderName } from './checkout-names.ts'
import {
  exampleId,
  FeatureMap,
  Limit,
  MetadataMap,
  OptionalTime,
  presentOptionalTime,
  Time,
} from './fields.ts'
import { Type } from './type.ts'

export const LicenseStatus = Type.Literals(['active', 'suspended', 'expired', 'revoked'], {
  title: 'LicenseStatus',
  description: 'One of active, suspended, expired and revoked.',
})

const example = {
  id: exampleId('lic'),
  key: 'TO-7Q4M-X0ZD-9KTB-2F17',
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
  suspension_cause: null,
  revoked_at: null,
  last_validated_at: '2026-03-06T12:34:56Z',
  validation_count: 1247,
  metadata: {},
  external_ref: null,
  purchase: null,
  version: 7,
}

const overrideWords = ['features', 'max_domains', 'max_devices', 'max_seats'] as const

/** The fields that these words name in the domain. */
const overrideFields = {
  features: 'features',
  max_domains: 'maxDomains',
  max_devices: 'maxDevices',
  max_seats: 'maxSeats',
} as const

export const OverrideName = Type.Literals(overrideWords, {
  title: 'OverrideName',
  description: 'A field of a license that can override its plan.',
})

const Purchase = Type.Object(
  {
    provider: ProviderName,
    mode: CheckoutMode,
    reference: Type.Described(
      "The provider's reference of the order or subscription. The ID of a session is masked where the key is, because it leads to the key.",
    ),
    item: Type.Described('The line of it that the license is for.'),
    unit: Type.Count('The number of the license, if several were bought on this line.'),
    rule_id: Type.Nullable(
      Type.Described('ID of the rule that applies; null if the shop has named the plan.'),
    ),
  },
  {
    title: 'LicensePurchase',
    description: 'The purchase in a shop that the license follows; null without one.',
  },
)

export const License = Type.Response('License', 'A license with its effective values.', example, {
  id: Type.String(),
  key: Type.Described(
    'The license key; masked without the scope `licenses:reveal`, and in responses to sessions.',
  ),
  status: LicenseStatus,
  product: Type.Described('Slug of the product.'),
  plan: Type.Described('Slug of the plan.'),
  features: FeatureMap,
  overrides: Type.Array(OverrideName, { description: 'The fields that override the plan.' }),
  customer_email: Type.Nullable(
    Type.Described('Null after the customer has been erased, or if there is none.'),
  ),
  customer_name: Type.Nullable(Type.String()),
  max_domains: Limit,
  domains: Type.Array(Type.String(), { description: 'The 100 oldest activated domains.' }),
  domains_count: Type.Count('The number of domains that take a slot.'),
  max_devices: Limit,
  devices: Type.Count('The number of activated devices.'),
  max_seats: Limit,
  created_at: Time,
  updated_at: { ...Time, description: 'The last change through the management API.' },
  expires_at: OptionalTime,
  starts_on: Type.Optional(
    Type.Literals(['first_validation'], {
      description: 'Present until the first validation starts the term of the license.',
    }),
  ),
  activated_at: OptionalTime,
  suspended_at: OptionalTime,
  suspension_reason: Type.Nullable(Type.String()),
  suspension_cause: Type.Nullable(
    Type.Literals(suspensionCauses, {
      title: 'SuspensionCause',
      description: 'A payment lifts only `past_due`, and a won dispute only `dispute`.',
    }),
  ),
  revoked_at: OptionalTime,
  last_validated_at: OptionalTime,
  validation_count: Type.Count('The number of valid validations.'),
  metadata: MetadataMap,
  external_ref: Type.Nullable(Type.String()),
  purchase: Type.Nullable(Purchase),
  version: Type.Count('The ETag. Only management changes increase it.'),
})
export type License = Static<typeof License>

export const LicenseKey = Type.Response(
  'LicenseKey',
  'The key of a license in full.',
  { key: example.key },
  { key: Type.String() },
)

const licenseListExample = { data: [example] }

export const LicenseList = Type.Response('LicenseList', 'A list of licenses.', licenseListExample, {
  data: Type.Array(License),
})

/** The response to an action on many licenses. A dry run adds what would happen. */
export const ChangedLicenses = Type.Response(
  'ChangedLicenses',
  'The licenses that were selected, after the action. In a dry run, the first of them as they are.',
  licenseListExample,
  {
    ...LicenseList.properties,
    ...Type.Optionals({
      dry_run: Type.Boolean({ description: 'True if nothing was changed.' }),
      count: Type.Count('In a dry run: the number of licenses that are selected.'),
      changed: Type.Count('In a dry run: how many of them would change.'),
      ids: Type.Array(Type.String(), {
        description: 'In a dry run: the IDs of the first 100 of them.',
      }),
    }),
  },
)

/** The response to a creation: a list if the request had a `quantity`, which is not published. */
export const CreatedLicense = Type.PublishAs(
  Type.Union([License, LicenseList], { description: 'The license with its key.' }),
  License,
)

/** `key` is shown as given: in full or masked. */
export function presentLicense(record: LicenseRecord, key: string, nowMs: number): License {
  const { license, plan, domains, usage } = record
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
    suspension_cause: license.suspensionCause,
    revoked_at: presentOptionalTime(license.revokedAtMs),
    last_validated_at: presentOptionalTime(usage.lastValidatedAtMs),
    validation_count: usage.validationCount,
    metadata: { ...license.metadata },
    external_ref: license.externalRef,
    purchase: record.purchase && presentPurchase(record.purchase),
    version: license.version,
  }
}

function presentPurchase(purchase: LicensePurchase): Static<typeof Purchase> {
  const { provider, mode, purchaseRef, itemRef, number, ruleId } = purchase
  return {
    provider,
    mode,
    reference: purchaseRef,
    item: itemRef,
    unit: number,
    rule_id: ruleId,
  }
}

/** Presents a license with its key masked, and with it the session ID that leads to the key. */
export function presentMaskedLicense(record: LicenseRecord, nowMs: number): License {
  const license = presentLicense(record, record.license.keyMasked, nowMs)
  return { ...license, purchase: license.purchase && maskPurchase(license.purchase) }
}

function maskPurchase(purchase: Static<typeof Purchase>): Static<typeof Purchase> {
  const { reference, item } = purchase
  return { ...purchase, reference: maskSessionIds(reference), item: maskSessionIds(item) }
}

export function overrideNames(overrides: Overrides): License['overrides'] {
  return overrideWords.filter((word) => overrides[overrideFields[word]] !== undefined)
}
