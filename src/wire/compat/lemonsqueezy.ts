import type { Activation } from '~/domain/activations.ts'
import { deriveStatus, type LicenseRecord, resolveEntitlements } from '~/domain/licenses.ts'
import type { Refusal, VerdictError } from '~/domain/verdicts.ts'
import {
  deriveNumber,
  findSaleMs,
  readSourceFlag,
  readSourceNumber,
  readSourceText,
  type ShopReply,
  type ShopView,
} from './source-fields.ts'

/**
 * The responses of the License API of Lemon Squeezy: https://docs.lemonsqueezy.com/api/license-api and
 * its pages for each route. The texts of its errors are not documented; apps compare these.
 */

/** The member that says whether a call succeeded. */
export type LemonsqueezyFlag = 'activated' | 'valid' | 'deactivated'

interface Failure {
  readonly status: number
  readonly error: string
}

const disabled = { status: 400, error: 'This license key is disabled.' }
export const instanceNotFound = { status: 404, error: 'instance_id not found.' }
const failures: Partial<Record<VerdictError, Failure>> = {
  LICENSE_NOT_FOUND: { status: 404, error: 'license_key not found.' },
  LICENSE_KEY_MALFORMED: { status: 404, error: 'license_key not found.' },
  LICENSE_REVOKED: disabled,
  LICENSE_SUSPENDED: disabled,
  LICENSE_EXPIRED: { status: 400, error: 'This license key is expired.' },
  DEVICE_LIMIT_REACHED: {
    status: 400,
    error: 'This license key has reached the activation limit.',
  },
  DEVICE_NOT_ACTIVATED: instanceNotFound,
  DOMAIN_NOT_ACTIVATED: instanceNotFound,
}

/** Presents a success, or a refusal of a known license. A refused activation has no instance. */
export function presentOutcome(
  flag: LemonsqueezyFlag,
  view: ShopView,
  instance: Activation | null,
  refusal: Refusal | null,
): ShopReply {
  if (refusal?.error === 'FINGERPRINT_REQUIRED') return presentMissing(['instance_id'])
  const failure = refusal && findFailure(refusal)
  const body = {
    [flag]: failure === null,
    error: failure?.error ?? null,
    license_key: presentLicenseKey(view),
    ...(flag !== 'deactivated' && { instance: instance && presentInstance(instance) }),
    meta: presentMeta(view),
  }
  return { status: failure?.status ?? 200, body }
}

/** Presents a key that no license has. */
export function presentUnknown(flag: LemonsqueezyFlag, refusal: Refusal): ShopReply {
  const { status, error } = findFailure(refusal)
  return { status, body: { [flag]: false, error } }
}

/** Presents a request without required fields, as Laravel does. */
export function presentMissing([first = '', ...others]: readonly string[]): ShopReply {
  const sentence = (field: string) => `The ${field.replaceAll('_', ' ')} field is required.`
  const count = others.length
  const more = count === 0 ? '' : ` (and ${count} more error${count === 1 ? '' : 's'})`
  const errors = [first, ...others].map((field) => [field, [sentence(field)]] as const)
  return {
    status: 422,
    body: { message: sentence(first) + more, errors: Object.fromEntries(errors) },
  }
}

/** A refusal without a counterpart there has our own sentence. */
const findFailure = ({ error, message }: Refusal): Failure =>
  failures[error] ?? { status: 400, error: message }

function presentLicenseKey({ record, key, nowMs }: ShopView) {
  const { license, plan } = record
  const { expiresAtMs } = license
  return {
    id: readSourceNumber(record, 'lemonsqueezy_license_key_id') ?? deriveNumber(license.id),
    status: findStatus(record, nowMs),
    key,
    activation_limit: resolveEntitlements(license, plan).maxDevices,
    activation_usage: license.devicesUsed,
    created_at: toTime(findSaleMs(record)),
    expires_at: expiresAtMs === null ? null : toTime(expiresAtMs),
    test_mode: false,
  }
}

/** Domains count as well, so that a key of which only those are activated is not inactive. */
function findStatus({ license }: LicenseRecord, nowMs: number) {
  const status = deriveStatus(license, nowMs)
  if (status === 'revoked' || status === 'suspended') return 'disabled'
  if (status === 'expired') return 'expired'
  return license.devicesUsed + license.domainsUsed === 0 ? 'inactive' : 'active'
}

function presentInstance({ externalId, id, name, value, createdAtMs }: Activation) {
  return { id: externalId ?? id, name: name ?? value, created_at: toTime(createdAtMs) }
}

/** Numbers that nobody has set are derived from our own IDs. */
function presentMeta({ record, productName }: ShopView) {
  const { license, plan } = record
  const number = (name: string, text: string) =>
    readSourceNumber(record, `lemonsqueezy_${name}`) ?? deriveNumber(text)
  const isShown = readSourceFlag(record, 'lemonsqueezy_customer', true)
  return {
    store_id: number('store_id', 'store'),
    order_id: number('order_id', license.externalRef ?? license.id),
    order_item_id: number('order_item_id', license.id),
    product_id: number('product_id', license.productSlug),
    product_name: readSourceText(record, 'lemonsqueezy_product_name') ?? productName,
    variant_id: number('variant_id', license.planSlug),
    variant_name: readSourceText(record, 'lemonsqueezy_variant_name') ?? plan.name,
    customer_id: number('customer_id', license.customerEmail ?? license.id),
    customer_name: isShown ? (license.customerName ?? '') : '',
    customer_email: isShown ? (license.customerEmail ?? '') : '',
  }
}

/** Times have microseconds there. */
const toTime = (timeMs: number) => new Date(timeMs).toISOString().replace('Z', '000Z')
