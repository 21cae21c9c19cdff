import type { ImportedState } from '~/domain/imported-licenses.ts'
import {
  keepKnown,
  readCount,
  readField,
  readFlag,
  readText,
  readTime,
  requireText,
} from '../fields.ts'
import { active, oneOf, type Source, type SourceRecord, suspended } from '../source.ts'

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
  listColumns: () => [oneOf('License Key', 'license_key'), oneOf('Purchase ID', 'id')],
  translate: (record) => {
    const key = readText(record, 'License Key', 'license_key')
    // A renewal has the key of the first sale. The last row of the CSV contains totals.
    if (key === null || readFlag(record, 'Recurring Charge?', 'recurring_charge')) {
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
  if (readFlag(record, 'Fully Refunded?', 'refunded')) return { status: 'revoked' }
  const isDisabled =
    readFlag(record, 'license_disabled') || readText(record, 'License Key Enabled?') === '0'
  if (isDisabled) return suspended('The license key was disabled at Gumroad.')
  const isDisputed = readFlag(record, 'Disputed?', 'disputed', 'chargedback')
  if (isDisputed && !readFlag(record, 'Dispute Won?', 'dispute_won')) {
    return suspended('The purchase was disputed.')
  }
  if (readFlag(record, 'Access Revoked?')) return suspended('Access was revoked at Gumroad.')
  // The API does not say when a subscription ended.
  return readFlag(record, 'ended') ? suspended('The subscription has ended.') : active
}

const readSale = (record: SourceRecord) =>
  readTime(record, 'Purchase Time (UTC timezone)', 'Purchase Date', 'created_at')

/** The values that the license API returns. */
function readMetadata(record: SourceRecord): Record<string, string | number> {
  return keepKnown<string | number>({
    gumroad_sale_id: requireText(record, 'Purchase ID', 'id').replace(GUARDED, ''),
    // The column "Product ID" of the CSV is the permalink. Only the API has the ID.
    gumroad_permalink: readText(record, 'Product ID', 'product_permalink'),
    gumroad_product_id: readText(record, 'product_id'),
    gumroad_variants: readVariants(record),
    gumroad_subscription_id: readText(record, 'subscription_id'),
    gumroad_recurrence: readText(record, 'Recurrence', 'subscription_duration'),
    gumroad_order_number: readCount(record, 'Order Number', 'order_id'),
    gumroad_quantity: readCount(record, 'Quantity', 'quantity'),
    gumroad_uses: readCount(record, 'License Key Activation Count'),
  })
}
