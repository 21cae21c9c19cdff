import type { Place } from '~/domain/activations.ts'
import type { EddItem, ItemFlaw } from '~/domain/compat/edd.ts'
import { type LicenseRecord, resolveEntitlements } from '~/domain/licenses.ts'
import type { Verdict } from '~/domain/validations.ts'
import type { Refusal, VerdictError } from '~/domain/verdicts.ts'
import { deriveNumber, readSourceFlag, readSourceNumber } from './source-fields.ts'

/**
 * The responses of Software Licensing for Easy Digital Downloads, which all have the status 200:
 * https://easydigitaldownloads.com/docs/software-licensing-api/
 */

/** A license as it is presented for the place and the product that an app has named. */
export interface EddView {
  readonly record: LicenseRecord
  readonly productName: string
  readonly place: Place['kind']
  readonly item: EddItem
  readonly checksum: string
  /** Whether the site was activated without a slot, as development sites are. */
  readonly isLocal?: boolean
}

const activationErrors: Partial<Record<VerdictError, string>> = {
  LICENSE_REVOKED: 'disabled',
  LICENSE_SUSPENDED: 'disabled',
  LICENSE_EXPIRED: 'expired',
  DOMAIN_LIMIT_REACHED: 'no_activations_left',
  DEVICE_LIMIT_REACHED: 'no_activations_left',
}

export function presentActivation(
  view: EddView,
  error: Refusal | ItemFlaw | 'missing_url' | null,
): object {
  const code = typeof error === 'object' && error !== null ? findActivationError(error) : error
  const isFull = code === 'no_activations_left'
  return {
    ...presentHead(view, code === null, code === null ? 'valid' : 'invalid'),
    ...(code !== null && { error: code }),
    ...(isFull && { max_sites: countSites(view) }),
    ...(view.isLocal === true && { is_local: true }),
    ...presentTerms(view),
  }
}

/** Other refusals, which have no counterpart, are errors that plugins show as a general failure. */
const findActivationError = ({ error }: Refusal) =>
  activationErrors[error] ?? 'license_not_activable'

export function presentDeactivation(view: EddView, hasSucceeded: boolean): object {
  const status = hasSucceeded ? 'deactivated' : 'failed'
  return { ...presentHead(view, hasSucceeded, status), ...presentTerms(view) }
}

/** A check succeeds unless the key is unknown, whatever the state of the license is. */
export function presentCheck(view: EddView, verdict: Verdict | ItemFlaw): object {
  const status = typeof verdict === 'string' ? verdict : findStatus(view, verdict)
  return { ...presentHead(view, true, status), ...presentTerms(view) }
}

const statuses: Partial<Record<VerdictError, string>> = {
  LICENSE_REVOKED: 'disabled',
  LICENSE_SUSPENDED: 'disabled',
  LICENSE_EXPIRED: 'expired',
}

/** Returns the status of `check_license`. A license without any site is inactive. */
export function findStatus(
  view: Pick<EddView, 'record'>,
  verdict: Verdict,
): 'valid' | 'inactive' | 'site_inactive' | string {
  if (verdict.valid) return 'valid'
  const { domainsUsed, devicesUsed, freeDomainsUsed } = view.record.license
  const isUsed = domainsUsed + devicesUsed + freeDomainsUsed > 0
  return statuses[verdict.error] ?? (isUsed ? 'site_inactive' : 'inactive')
}

/** Presents a key that no license has. */
export function presentUnknown(
  action: 'activate' | 'deactivate' | 'check',
  request: Pick<EddView, 'item' | 'checksum'>,
): object {
  const status = action === 'deactivate' ? 'failed' : 'invalid'
  const error = action === 'activate' ? { error: 'missing' } : {}
  return { ...presentHead({ ...request, productName: '' }, false, status), ...error }
}

/** Names are `false` there if the request has none. */
function presentHead(
  { item, productName, checksum }: Pick<EddView, 'item' | 'productName' | 'checksum'>,
  success: boolean,
  license: string,
) {
  const item_name = item.name === '' ? productName : item.name
  return { success, license, item_id: item.id ?? false, item_name, checksum }
}

function presentTerms(view: EddView) {
  const { record } = view
  const { license } = record
  const limit = findLimit(view)
  const count = countSites(view)
  const isShown = readSourceFlag(record, 'edd_customer', true)
  return {
    license_limit: limit ?? 0,
    site_count: count,
    expires: license.expiresAtMs === null ? 'lifetime' : toTime(license.expiresAtMs),
    activations_left: limit === null ? 'unlimited' : Math.max(0, limit - count),
    payment_id: readSourceNumber(record, 'edd_payment_id') ?? deriveNumber(license.id),
    customer_name: isShown ? (license.customerName ?? '') : '',
    customer_email: isShown ? (license.customerEmail ?? '') : '',
    price_id: readSourceNumber(record, 'edd_price_id') ?? false,
  }
}

function countSites({ record: { license }, place }: EddView): number {
  return place === 'domain' ? license.domainsUsed : license.devicesUsed
}

function findLimit({ record: { license, plan }, place }: EddView): number | null {
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  return place === 'domain' ? maxDomains : maxDevices
}

/** Times are in the time zone of the shop there, and in UTC here. */
const toTime = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')
