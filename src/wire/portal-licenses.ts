import type { Static } from '@sinclair/typebox'
import { deriveStatus, type LicenseRecord, resolveEntitlements } from '~/domain/licenses.ts'
import { REQUEST_CODE_MAX } from '~/domain/offline-files.ts'
import { maskEmail, type PortalSession } from '~/domain/portal-sessions.ts'
import type { DeactivationBudget } from '~/domain/slots.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  DomainText,
  deviceNames,
  exampleId,
  FeatureMap,
  Fingerprint,
  Limit,
  OptionalTime,
  presentOptionalTime,
  Time,
} from './fields.ts'
import { License, LicenseStatus } from './licenses.ts'
import { Type } from './type.ts'

const DOMAINS_MAX = 20
const RETURN_CODE_MAX = 100

const limitExample = { allowed: 5, used: 2 }

const PortalLimit = Type.Object(
  { allowed: Limit, used: Type.Count('How many are in use.') },
  { title: 'PortalLimit', description: 'A limit of a license, and how much of it is in use.' },
)

const SelfDeactivation = Type.Object(
  {
    allowed: Type.Boolean({ description: 'Whether the plan lets customers release activations.' }),
    limit: Type.Nullable(Type.Count('The most in 30 days; null for no limit.')),
    used: Type.Count('How many count against the limit; 0 without one.'),
    next_at: {
      ...OptionalTime,
      description: 'When the next one is possible; null if it is possible now, or never.',
    },
  },
  { title: 'PortalSelfDeactivation', description: 'Whether and when activations can be released.' },
)

const Named = Type.Object(
  { slug: Type.String(), name: Type.Described('The name for people.') },
  { title: 'PortalNamed', description: 'A product or a plan.' },
)

const example = {
  id: exampleId('lic'),
  key: 'TO-****-****-****-2F17',
  status: 'active',
  product: { slug: 'editor', name: 'Editor' },
  plan: { slug: 'team', name: 'Team' },
  features: { sso: true },
  customer_email: 'dev@example.com',
  created_at: '2026-03-06T00:00:00Z',
  expires_at: '2027-03-06T00:00:00Z',
  ends_at: '2027-03-13T00:00:00Z',
  suspension_cause: null,
  limits: { domains: { allowed: null, used: 0 }, devices: limitExample, seats: limitExample },
  self_deactivation: { allowed: true, limit: 3, used: 1, next_at: null },
  license_files: true,
  renew_url: 'https://example.com/renew?license=lic_01jg3m8v5mf1x8yq1r5c2w7h3k',
}

export const PortalLicense = Type.Response(
  'PortalLicense',
  'A license as its customer sees it.',
  example,
  {
    id: Type.String(),
    key: Type.Described('The license key, masked.'),
    status: LicenseStatus,
    product: Named,
    plan: Named,
    features: FeatureMap,
    customer_email: Type.Nullable(
      Type.Described('Masked after a sign-in with a key; null if the license has no address.'),
    ),
    created_at: Time,
    expires_at: OptionalTime,
    ends_at: {
      ...OptionalTime,
      description: 'When the license stops working: `expires_at` and the grace period of the plan.',
    },
    starts_on: Type.Optional(
      Type.Literals(['first_validation'], {
        description: 'Present until the first validation starts the term of the license.',
      }),
    ),
    suspension_cause: License.properties.suspension_cause,
    limits: Type.Object(
      { domains: PortalLimit, devices: PortalLimit, seats: PortalLimit },
      { title: 'PortalLimits' },
    ),
    self_deactivation: SelfDeactivation,
    license_files: Type.Boolean({
      description: 'Whether the plan allows license files, for use without a connection.',
    }),
    renew_url: Type.Nullable(
      Type.Described('Where the customer can renew it, as LICET_RENEW_URL says; null for nowhere.'),
    ),
  },
)
export type PortalLicense = Static<typeof PortalLicense>

export const RevealedKey = Type.Response(
  'PortalKey',
  'The license key.',
  { key: 'TO-7Q4M-X0ZD-9KTB-2F17' },
  { key: Type.String() },
)

export const PortalFileBody = Type.Request(
  'PortalFileRequest',
  [{ request: 'LQ1.eyJ2IjoxLCJrZXkiOiJUTy03UTRNLVgwWkQtOUtUQi0yRjE3IiwiZnAiOiI1ZjJiOWMi…' }],
  {
    request: Type.Optional(
      Type.Text(REQUEST_CODE_MAX, 'The request code that the app shows. It stands alone.'),
    ),
    fingerprint: Type.Optional(Fingerprint),
    name: Type.Optional(deviceNames.name),
    domains: Type.Optional(
      Type.List(DomainText, DOMAINS_MAX, `Up to ${DOMAINS_MAX} domains to bind the file to.`),
    ),
  },
)
export type PortalFileBody = Static<typeof PortalFileBody>

export const PortalReturnBody = Type.Request('PortalReturnRequest', [{ code: '7Q4MX-0ZD9K' }], {
  code: Type.Text(
    RETURN_CODE_MAX,
    'The return code that the app has shown when it deleted its license file.',
  ),
})

/** The facts of a license that are stored apart from it. */
export interface PortalFacts {
  readonly productName: string
  readonly seatsUsed: number
  readonly budget: DeactivationBudget
  readonly renewUrl: string | null
}

export function presentPortalLicense(
  { license, plan }: LicenseRecord,
  { productName, seatsUsed, budget, renewUrl }: PortalFacts,
  { visitor }: PortalSession,
  nowMs: number,
): PortalLicense {
  const { features, maxDomains, maxDevices, maxSeats } = resolveEntitlements(license, plan)
  const { customerEmail } = license
  const isMasked = customerEmail !== null && visitor.kind === 'license'
  return {
    id: license.id,
    key: license.keyMasked,
    status: deriveStatus(license, nowMs),
    product: { slug: license.productSlug, name: productName },
    plan: { slug: plan.slug, name: plan.name },
    features: { ...features },
    customer_email: isMasked ? maskEmail(customerEmail) : customerEmail,
    created_at: toTimestamp(license.createdAtMs),
    expires_at: presentOptionalTime(license.expiresAtMs),
    ends_at: presentOptionalTime(license.endsAtMs),
    ...(license.pendingDays === null ? {} : { starts_on: 'first_validation' as const }),
    suspension_cause: license.suspensionCause,
    limits: {
      domains: { allowed: maxDomains, used: license.domainsUsed },
      devices: { allowed: maxDevices, used: license.devicesUsed },
      seats: { allowed: maxSeats, used: seatsUsed },
    },
    self_deactivation: {
      allowed: budget.isAllowed,
      limit: budget.limit,
      used: budget.used,
      next_at: presentOptionalTime(budget.nextAtMs),
    },
    license_files: plan.offline !== null,
    renew_url: renewUrl,
  }
}
