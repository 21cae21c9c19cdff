import { readUses } from '~/domain/compat/gumroad.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { toTimestamp } from '~/domain/times.ts'
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
 * The responses of Gumroad to `POST /v2/licenses/verify`: https://gumroad.com/api#licenses and
 * https://github.com/antiwork/gumroad/blob/main/app/controllers/api/v2/licenses_controller.rb
 */

const notFound = 'That license does not exist for the provided product.'
const disabled = 'This license key has been disabled.'
const messages: Partial<Record<VerdictError, string>> = {
  LICENSE_NOT_FOUND: notFound,
  LICENSE_KEY_MALFORMED: notFound,
  PRODUCT_MISMATCH: notFound,
  LICENSE_REVOKED: disabled,
  LICENSE_SUSPENDED: disabled,
  LICENSE_EXPIRED: 'Access to the purchase associated with this license has expired.',
}

/** Every refusal has the status 404 there. */
export function presentRefusal({ error, message }: Pick<Refusal, 'error' | 'message'>): ShopReply {
  return fail(404, messages[error] ?? message)
}

export const presentNotFound = (): ShopReply => fail(404, notFound)

export const presentNotText = (field: string): ShopReply =>
  fail(400, `The '${field}' parameter must be a string.`)

/** Presents a request with a permalink only, for a product that Gumroad knows by its ID. */
export const presentIdRequired = (productId: string): ShopReply =>
  fail(
    500,
    "The 'product_id' parameter is required to verify the license for this product. " +
      `Please set 'product_id' to '${productId}' in the request.`,
  )

const fail = (status: number, message: string): ShopReply => ({
  status,
  body: { success: false, message },
})

export function presentLicense(view: ShopView): ShopReply {
  const body = {
    success: true,
    uses: readUses(view.record.license),
    purchase: presentPurchase(view),
  }
  return { status: 200, body }
}

/** Fields that Licet does not know have the values of a free purchase with nothing special about it. */
function presentPurchase({ record, productName, key }: ShopView) {
  const { license } = record
  const text = (name: string) => readSourceText(record, `gumroad_${name}`)
  const number = (name: string) => readSourceNumber(record, `gumroad_${name}`)
  const saleId = text('sale_id') ?? license.id
  const permalink = text('permalink') ?? license.productSlug
  const soldAt = toTimestamp(findSaleMs(record))
  return {
    seller_id: text('seller_id') ?? '',
    product_id: text('product_id') ?? license.productSlug,
    product_name: text('product_name') ?? productName,
    permalink,
    product_permalink: text('product_url') ?? '',
    short_product_id: permalink,
    ...presentCustomer(record),
    price: number('price') ?? 0,
    gumroad_fee: 0,
    currency: text('currency') ?? 'usd',
    quantity: number('quantity') ?? 1,
    discover_fee_charged: false,
    can_contact: false,
    referrer: 'direct',
    card: { visual: null, type: null, bin: null, expiry_month: null, expiry_year: null },
    order_number: number('order_number') ?? deriveNumber(license.externalRef ?? license.id),
    sale_id: saleId,
    sale_timestamp: soldAt,
    purchaser_id: text('purchaser_id') ?? '',
    ...presentOptional({
      subscription_id: text('subscription_id'),
      recurrence: text('recurrence'),
    }),
    variants: text('variants') ?? '',
    license_key: key,
    is_multiseat_license: readSourceFlag(record, 'gumroad_is_multiseat_license', false),
    ip_country: '',
    is_gift_receiver_purchase: false,
    refunded: false,
    disputed: false,
    dispute_won: false,
    id: saleId,
    created_at: soldAt,
    custom_fields: [],
    chargebacked: false,
    // A subscription that ended is refused.
    subscription_ended_at: null,
    subscription_cancelled_at: null,
    subscription_failed_at: null,
  }
}

/** A key would tell its finder who bought it, so the plan must say that apps need this. */
function presentCustomer(record: LicenseRecord) {
  const { customerEmail, customerName } = record.license
  if (!readSourceFlag(record, 'gumroad_customer', false)) return { email: '' }
  return { email: customerEmail ?? '', ...presentOptional({ full_name: customerName }) }
}

function presentOptional(fields: Readonly<Record<string, string | null>>) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
