import type { ImportedState } from '~/domain/imported-licenses.ts'
import { readCount, readField, readText, readTime, requireText } from '../fields.ts'
import type { Source, SourceRecord } from '../source.ts'

/** Spreadsheets run cells that begin like this, so Gumroad writes an apostrophe in front. */
const GUARDED = /^'(?=[=+\-@])/

/**
 * Sales, as the CSV of the page "Sales" or of `GET /v2/sales` (https://gumroad.com/api#sales and
 * https://github.com/antiwork/gumroad/blob/main/app/services/exports/purchase_export_service.rb).
 */
export const gumroad: Source = {
  name: 'gumroad',
  title: 'Gumroad',
  lists: ['sales'],
  translate: (record) => {
    const key = readText(record, 'License Key', 'license_key')
    // A renewal has the key of the first sale. The last row of the CSV contains totals.
    if (key === null || isTrue(record, 'Recurring Charge?', 'recurring_charge')) {
      return { kind: 'other' }
    }
    return {
      kind: 'license',
      license: {
        id: requireText(record, 'Purchase ID', 'id').replace(GUARDED, ''),
        key: { kind: 'text', text: key },
        plan: readPlan(record),
        customerEmail: readText(
          record,
          'Giftee Email',
          'Purchase Email',
          'purchase_email',
          'email',
        ),
        customerName: readText(record, 'Buyer Name', 'full_name'),
        expiresAtMs: readTime(record, 'Subscription End Date', 'subscription_ended_at'),
        state: readState(record),
        limits: {},
        activations: [],
        purchasedAtMs: readSale(record) ?? undefined,
        metadata: readMetadata(record),
      },
    }
  },
}

/** `Pencil (Premium)`: the tiers of a membership are variants. */
function readPlan(record: SourceRecord): string | null {
  const name = readText(record, 'Item Name', 'product_name')
  const variants = readVariants(record)
  return variants === null ? name : `${name} (${variants})`
}

/** The API sends an object such as `{"Tier": "Premium"}`, and the CSV the names. */
function readVariants(record: SourceRecord): string | null {
  const value = readField(record, 'variants')
  if (typeof value !== 'object' || value === null) return readText(record, 'Variants', 'variants')
  const names = Object.values(value).filter((name) => typeof name === 'string' && name !== '')
  return names.length === 0 ? null : names.join(', ')
}

function readState(record: SourceRecord): ImportedState {
  if (isTrue(record, 'Fully Refunded?', 'refunded')) return { status: 'revoked' }
  const isDisabled =
    isTrue(record, 'license_disabled') || readText(record, 'License Key Enabled?') === '0'
  if (isDisabled) return suspend('The license key was disabled at Gumroad.')
  const isDisputed = isTrue(record, 'Disputed?', 'disputed', 'chargedback')
  if (isDisputed && !isTrue(record, 'Dispute Won?', 'dispute_won')) {
    return suspend('The purchase was disputed.')
  }
  if (isTrue(record, 'Access Revoked?')) return suspend('Access was revoked at Gumroad.')
  // The API does not say when a subscription ended.
  return isTrue(record, 'ended') ? suspend('The subscription has ended.') : { status: 'active' }
}

const suspend = (reason: string): ImportedState => ({ status: 'suspended', reason })

const readSale = (record: SourceRecord) =>
  readTime(record, 'Purchase Time (UTC timezone)', 'Purchase Date', 'created_at')

/** The values that the license API returns. */
function readMetadata(record: SourceRecord): Record<string, string | number> {
  const texts: Readonly<Record<string, string | null>> = {
    gumroad_sale_id: requireText(record, 'Purchase ID', 'id').replace(GUARDED, ''),
    // The column "Product ID" of the CSV is the permalink. Only the API has the ID.
    gumroad_permalink: readText(record, 'Product ID', 'product_permalink'),
    gumroad_product_id: readText(record, 'product_id'),
    gumroad_variants: readVariants(record),
    gumroad_subscription_id: readText(record, 'subscription_id'),
    gumroad_recurrence: readText(record, 'Recurrence', 'subscription_duration'),
  }
  const counts: Readonly<Record<string, number | null>> = {
    gumroad_order_number: readCount(record, 'Order Number', 'order_id'),
    gumroad_quantity: readCount(record, 'Quantity', 'quantity'),
    gumroad_uses: readCount(record, 'License Key Activation Count'),
  }
  const metadata: Record<string, string | number> = {}
  for (const [name, value] of Object.entries({ ...texts, ...counts })) {
    if (value !== null) metadata[name] = value
  }
  return metadata
}

const isTrue = (record: SourceRecord, ...names: readonly string[]) =>
  names.some((name) => /^(?:1|true)$/.test(readText(record, name) ?? ''))
