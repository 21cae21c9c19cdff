import { parseHostname } from '~/domain/hostnames.ts'
import type { ImportedActivation, ImportedState } from '~/domain/imported-licenses.ts'
import { keepKnown, readCount, readList, readText, readTime, requireText, toId } from '../fields.ts'
import {
  active,
  oneOf,
  refuseRecord,
  type Source,
  type SourceRecord,
  suspended,
  type Translation,
} from '../source.ts'

/** The names of a field: in the CSV of "Export License Keys", then in the tables of the database. */
const names = {
  id: ['License ID', 'id'],
  key: ['License Key', 'license_key', 'key'],
  status: ['License Status', 'status'],
  customerId: ['Customer ID', 'customer_id'],
  email: ['Customer Email', 'customer_email', 'email'],
  name: ['Customer Name', 'customer_name', 'name'],
  product: ['Product Name', 'product_name', 'item_name'],
  downloadId: ['Download ID', 'download_id', 'item_id'],
  priceId: ['Price ID', 'price_id'],
  paymentId: ['Payment ID', 'payment_id'],
  soldAt: ['Purchase Date', 'date_created'],
  expiresAt: ['Expiration Date', 'expiration', 'expires'],
  limit: ['Activation Limit', 'activation_limit', 'license_limit'],
  sites: ['Activated URLs', 'urls', 'sites'],
} as const

/**
 * Licenses of Software Licensing for Easy Digital Downloads: the CSV of Downloads > Tools > Export, or
 * the rows of the tables `edd_licenses` and `edd_license_activations` in CSV or JSON.
 */
export const edd: Source = {
  name: 'edd',
  title: 'Easy Digital Downloads',
  lists: ['data', 'licenses', 'activations'],
  listColumns: () => [oneOf(...names.key, 'site_name')],
  translate: (record) =>
    readText(record, 'site_name') === null ? translateLicense(record) : translateSite(record),
}

function translateLicense(record: SourceRecord): Translation {
  const id = requireText(record, ...names.id)
  const expiresAtMs = readExpiry(record)
  return {
    kind: 'license',
    license: {
      id,
      key: { kind: 'text', text: requireText(record, ...names.key) },
      plan: readText(record, ...names.product, ...names.downloadId),
      customerEmail: readText(record, ...names.email),
      customerName: readText(record, ...names.name),
      expiresAtMs,
      state: readState(record, expiresAtMs),
      limits: readLimits(record),
      activations: listSites(readList(record, ...names.sites)),
      purchasedAtMs: readTime(record, ...names.soldAt) ?? undefined,
      metadata: readMetadata(record, id),
    },
  }
}

/** A row of `edd_license_activations`. */
function translateSite(record: SourceRecord): Translation {
  // Sites that were deactivated keep their row.
  if (readText(record, 'activated') === '0') return { kind: 'other' }
  return {
    kind: 'activations',
    licenseId: requireText(record, 'license_id'),
    activations: listSites([requireText(record, 'site_name')]),
  }
}

/**
 * Returns the sites as domains, each once, because sites in folders of the same host share its slot. An
 * app may also have sent any text, such as the ID of a device.
 */
function listSites(sites: readonly string[]): readonly ImportedActivation[] {
  const found = new Map<string, ImportedActivation>()
  for (const site of sites) {
    const text = site.replace(/\/$/, '')
    const hostname = parseHostname(text)
    const value = hostname?.host ?? text
    found.set(value, { kind: hostname === null ? 'device' : 'domain', value })
  }
  return [...found.values()]
}

/** Zero, or no time at all, means lifetime. */
function readExpiry(record: SourceRecord): number | null {
  const text = readText(record, ...names.expiresAt)
  if (text === null || text === '0' || /^(?:lifetime|never)$/i.test(text)) return null
  return readTime(record, ...names.expiresAt)
}

function readState(record: SourceRecord, expiresAtMs: number | null): ImportedState {
  const status = readText(record, ...names.status)?.toLowerCase() ?? 'active'
  if (status === 'active' || status === 'inactive') return active
  if (status === 'disabled' || status === 'revoked') return suspended('The license was disabled.')
  if (status !== 'expired') throw refuseRecord(`Its status is unknown: ${status.slice(0, 40)}.`)
  return expiresAtMs === null ? suspended('The license expired.') : active
}

/** Zero means unlimited. */
function readLimits(record: SourceRecord): { readonly maxDomains?: number | null } {
  const limit = readCount(record, ...names.limit)
  if (limit === null) return {}
  return { maxDomains: limit === 0 ? null : limit }
}

/** The identifiers that apps send or get. */
function readMetadata(record: SourceRecord, id: string): Record<string, string | number> {
  const read = (fields: readonly string[]) => {
    const text = readText(record, ...fields)
    return text === null ? null : toId(text)
  }
  return keepKnown({
    edd_license_id: toId(id),
    edd_item_id: read(names.downloadId),
    edd_item_name: read(names.product),
    edd_price_id: read(names.priceId),
    edd_payment_id: read(names.paymentId),
    edd_customer_id: read(names.customerId),
  })
}
