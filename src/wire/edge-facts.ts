import type { Activation } from '~/domain/activations.ts'
import type { Overrides, TermsSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { parseFields, presentFields, toCamelCase } from './names.ts'

/** An edge that gets another format forwards everything. */
const FORMAT = 1

/** The facts that a validation reads: a license with its plan, and the activations of one place. */
export interface EdgeFacts extends TermsSnapshot {
  /** All changes up to this position are in the facts. */
  readonly position: string
  readonly domain: Activation | null
  readonly device: Activation | null
}

export type EdgeFactsView = ReturnType<typeof presentFacts>

const licenseFields = [
  'id',
  'plan_slug',
  'product_slug',
  'pending_days',
  'term_started_at_ms',
  'expires_at_ms',
  'ends_at_ms',
  'activated_at_ms',
  'suspended_at_ms',
  'revoked_at_ms',
  'domains_used',
  'free_domains_used',
  'devices_used',
  'limit_notices',
] as const

const overrideFields = ['features', 'max_domains', 'max_devices', 'max_seats'] as const

const planFields = [
  'slug',
  'product_slug',
  'archived_at_ms',
  'name',
  'features',
  'max_domains',
  'max_devices',
  'max_seats',
  'duration_days',
  'starts_on',
  'grace_days',
  'activation',
  'require_domain',
  'require_fingerprint',
  'domain_match',
  'development_domains_free',
  'free_domain_patterns',
  'free_domains_per_domain',
  'seat_lease_seconds',
  'self_deactivation',
  'evict_idle_days',
  'deactivations_max_per30_days',
  'borrow_days_max',
] as const

const sharingFields = ['countries_per_day', 'devices_per_day', 'domains_per_day'] as const
const offlineFields = ['refresh_days', 'valid_days', 'hard_days', 'file_days'] as const

const activationFields = [
  'id',
  'license_id',
  'kind',
  'value',
  'name',
  'root',
  'is_free',
  'country',
  'created_at_ms',
  'last_seen_at_ms',
  'files_until_ms',
] as const

/** Presents facts for an edge. They contain neither the license key nor its hash. Times are in ms. */
export function presentFacts({ position, license, plan, domain, device }: EdgeFacts) {
  const { sharing, offline } = plan
  return {
    format: FORMAT,
    position,
    license: {
      ...presentFields(license, licenseFields),
      overrides: presentOverrides(license.overrides),
    },
    plan: {
      ...presentFields(plan, planFields),
      sharing: sharing && presentFields(sharing, sharingFields),
      offline: offline && presentFields(offline, offlineFields),
    },
    domain: domain && presentFields(domain, activationFields),
    device: device && presentFields(device, activationFields),
  }
}

/** A term that is inherited is absent, which differs from one that is null. */
function presentOverrides(overrides: Overrides) {
  const names = overrideFields.filter((name) => overrides[toCamelCase(name)] !== undefined)
  return Object.fromEntries(names.map((name) => [name, overrides[toCamelCase(name)]]))
}

/**
 * Returns the facts in a response of the primary, with the hash under which the edge keeps them; null
 * for a format that this version does not know.
 */
export function parseFacts(body: unknown, keyHash: string): EdgeFacts | null {
  if (typeof body !== 'object' || body === null || !('format' in body)) return null
  if (body.format !== FORMAT) return null
  const { position, license, plan, domain, device } = body as EdgeFactsView
  const { sharing, offline } = plan
  return {
    position,
    license: {
      ...parseFields(license),
      keyHash,
      overrides: parseFields(license.overrides) as Overrides,
    },
    plan: {
      ...parseFields(plan),
      sharing: sharing && parseFields(sharing),
      offline: offline && parseFields(offline),
    } as Plan,
    domain: domain && parseActivation(domain),
    device: device && parseActivation(device),
  }
}

/** An edge decides only on validations, which never read the external ID. */
const parseActivation = (view: NonNullable<EdgeFactsView['domain']>): Activation => ({
  ...parseFields(view),
  externalId: null,
})
