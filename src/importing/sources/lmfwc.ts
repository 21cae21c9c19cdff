import { parseHostname } from '~/domain/hostnames.ts'
import type { ImportedActivation, ImportedKey, ImportedState } from '~/domain/imported-licenses.ts'
import { keepKnown, readCount, readField, readText, readTime, requireText } from '../fields.ts'
import {
  active,
  oneOf,
  refuseRecord,
  type Source,
  type SourceRecord,
  suspended,
} from '../source.ts'

/** The names of a field: in CSV and the table `lmfwc_licenses`, then in the REST API. */
const names = {
  key: ['license_key', 'licenseKey'],
  status: ['status'],
  productId: ['product_id', 'productId'],
  orderId: ['order_id', 'orderId'],
  userId: ['user_id', 'userId'],
  expiresAt: ['expires_at', 'expiresAt'],
  validFor: ['valid_for', 'validFor'],
  createdAt: ['created_at', 'createdAt'],
  activationsMax: ['times_activated_max', 'timesActivatedMax'],
} as const

/** Keys are encrypted in the database. This is how a message of its library begins. */
const ENCRYPTED = /^def50/

/**
 * Licenses of License Manager for WooCommerce: its CSV export, the response of its REST API, or the rows
 * of its table `lmfwc_licenses`, which have an HMAC of the key.
 *
 * https://licensemanager.at/docs/rest-api/developer-documentation/list-licenses/
 * https://github.com/wpexpertsio/license-manager-woocommerce/blob/master/includes/Export.php
 */
export const lmfwc: Source = {
  name: 'lmfwc',
  title: 'License Manager for WooCommerce',
  lists: ['data'],
  listColumns: () => [oneOf('id'), oneOf(...names.key, 'hash')],
  translate: (record) => {
    const id = requireText(record, 'id')
    return {
      kind: 'license',
      license: {
        id,
        key: readKey(record),
        plan: readText(record, ...names.productId),
        customerEmail: readText(record, 'email', 'customer_email', 'billing_email'),
        customerName: readText(record, 'name', 'customer_name'),
        expiresAtMs: readExpiry(record),
        state: readState(record),
        limits: readLimits(record),
        activations: readActivations(record),
        purchasedAtMs: readTime(record, ...names.createdAt) ?? undefined,
        metadata: readMetadata(record, id),
      },
    }
  },
}

function readKey(record: SourceRecord): ImportedKey {
  const text = readText(record, ...names.key)
  const hash = readText(record, 'hash')
  if (text !== null && !ENCRYPTED.test(text)) return { kind: 'text', text }
  if (hash !== null) return { kind: 'hash', hash }
  throw refuseRecord(text === null ? 'It has no license_key.' : 'Its key is encrypted.')
}

/** The days of `valid_for` begin with the sale, so a key in stock has no end yet. */
function readExpiry(record: SourceRecord): number | null | undefined {
  const expiresAtMs = readTime(record, ...names.expiresAt)
  const isInStock = expiresAtMs === null && (readCount(record, ...names.validFor) ?? 0) > 0
  return isInStock ? undefined : expiresAtMs
}

/**
 * The words of exports, and the numbers of the table and the API. The plugin does not sell inactive keys,
 * but apps that have one go on working.
 */
const valid = new Set(['sold', '1', 'delivered', '2', 'active', '3', 'inactive', '4'])
const disabled = new Set(['disabled', '5'])

function readState(record: SourceRecord): ImportedState {
  const text = readText(record, ...names.status)?.toLowerCase() ?? 'active'
  if (valid.has(text)) return active
  if (disabled.has(text)) return suspended('The license was disabled.')
  throw refuseRecord(`Its status is unknown: ${text.slice(0, 40)}.`)
}

/** It counts activations of any kind, and no number, or zero, is no limit of its own. */
function readLimits(record: SourceRecord) {
  const limit = readCount(record, ...names.activationsMax)
  return limit === null || limit === 0 ? {} : { maxDomains: limit, maxDevices: limit }
}

/**
 * Returns the activations whose label is a domain. Others have only a token that no app sends, so they
 * take their slots with their next validation.
 */
function readActivations(record: SourceRecord): readonly ImportedActivation[] {
  const given = readField(record, 'activationData')
  const all: readonly unknown[] = Array.isArray(given) ? given : []
  return all.flatMap((one) => {
    if (typeof one !== 'object' || one === null) return []
    const activation: SourceRecord = { ...one }
    const label = readText(activation, 'label')
    const isOver = readTime(activation, 'deactivated_at') !== null
    if (isOver || label === null || parseHostname(label) === null) return []
    const createdAtMs = readTime(activation, 'created_at') ?? undefined
    return [{ kind: 'domain', value: label, createdAtMs } as const]
  })
}

function readMetadata(record: SourceRecord, id: string): Record<string, string> {
  return keepKnown({
    lmfwc_license_id: id,
    lmfwc_product_id: readText(record, ...names.productId),
    lmfwc_order_id: readText(record, ...names.orderId),
    lmfwc_user_id: readText(record, ...names.userId),
  })
}
