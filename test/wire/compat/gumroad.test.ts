import { expect, test } from 'bun:test'
import { licenseNotFound, licenseRevoked, refuse } from '~/domain/verdicts.ts'
import {
  presentIdRequired,
  presentLicense,
  presentNotText,
  presentRefusal,
} from '~/wire/compat/gumroad.ts'
import { type LicenseScene, startMs } from '../../support/samples.ts'
import { aRecord } from './records.ts'

const key = '85DB562A-C11D4B06-A2335A6B-8C079166'
const viewOf = (scene: LicenseScene = {}) => ({
  record: aRecord(scene),
  productName: 'Pencil',
  key,
  nowMs: startMs,
})

const metadata = {
  gumroad_uses: 3,
  gumroad_product_id: '32-nPAicqbLj8B_WswVlMw==',
  gumroad_permalink: 'QMGY',
  gumroad_sale_id: 'FO8TXN-dbxYaBdahG97Y-Q==',
  gumroad_order_number: 524459935,
  gumroad_subscription_id: 'GDzW4_aBdQc-o7Gbjng7lw==',
  gumroad_recurrence: 'monthly',
  purchased_at: '2021-01-05T19:38:56Z',
}

test('Gumroad: a license has every documented field of its purchase', () => {
  expect(presentLicense(viewOf({ facts: { metadata } }))).toEqual({
    status: 200,
    body: {
      success: true,
      uses: 3,
      purchase: {
        seller_id: '',
        product_id: '32-nPAicqbLj8B_WswVlMw==',
        product_name: 'Pencil',
        permalink: 'QMGY',
        product_permalink: '',
        short_product_id: 'QMGY',
        email: '',
        price: 0,
        gumroad_fee: 0,
        currency: 'usd',
        quantity: 1,
        discover_fee_charged: false,
        can_contact: false,
        referrer: 'direct',
        card: { visual: null, type: null, bin: null, expiry_month: null, expiry_year: null },
        order_number: 524459935,
        sale_id: 'FO8TXN-dbxYaBdahG97Y-Q==',
        sale_timestamp: '2021-01-05T19:38:56Z',
        purchaser_id: '',
        subscription_id: 'GDzW4_aBdQc-o7Gbjng7lw==',
        recurrence: 'monthly',
        variants: '',
        license_key: key,
        is_multiseat_license: false,
        ip_country: '',
        is_gift_receiver_purchase: false,
        refunded: false,
        disputed: false,
        dispute_won: false,
        id: 'FO8TXN-dbxYaBdahG97Y-Q==',
        created_at: '2021-01-05T19:38:56Z',
        custom_fields: [],
        chargebacked: false,
        subscription_ended_at: null,
        subscription_cancelled_at: null,
        subscription_failed_at: null,
      },
    },
  })
})

test('Gumroad: the customer is shown only if the plan says so', () => {
  const facts = { customerEmail: 'ada@example.com', customerName: 'Ada Lovelace' }
  const hidden = presentLicense(viewOf({ facts }))
  expect(JSON.stringify(hidden)).not.toMatch(/ada/i)
  const terms = { features: { gumroad_customer: true } }
  expect(presentLicense(viewOf({ facts, terms })).body).toMatchObject({
    purchase: { email: 'ada@example.com', full_name: 'Ada Lovelace' },
  })
})

test('Gumroad: the purchase of a license of ours has our names', () => {
  const { body } = presentLicense(viewOf())
  expect(body).toMatchObject({
    uses: 0,
    purchase: { product_id: 'default', permalink: 'default', created_at: '2026-03-06T00:00:00Z' },
  })
  expect(body).not.toHaveProperty('purchase.subscription_id')
})

const unknown = 'That license does not exist for the provided product.'
const disabled = 'This license key has been disabled.'

test.each([
  [licenseNotFound, unknown],
  [refuse('LICENSE_KEY_MALFORMED', 'This license key contains a typo.'), unknown],
  [refuse('PRODUCT_MISMATCH', 'This license is for another product.'), unknown],
  [licenseRevoked, disabled],
  [refuse('LICENSE_SUSPENDED', 'This license is suspended.'), disabled],
  [
    refuse('LICENSE_EXPIRED', 'This license expired on 2026-01-01.'),
    'Access to the purchase associated with this license has expired.',
  ],
  [refuse('FINGERPRINT_REQUIRED', 'Send a fingerprint.'), 'Send a fingerprint.'],
] as const)('Gumroad: %o gets the status 404 and its message', (refusal, message) => {
  expect(presentRefusal(refusal)).toEqual({ status: 404, body: { success: false, message } })
})

test('Gumroad: malformed requests get the statuses and sentences of its server', () => {
  expect(presentNotText('license_key')).toEqual({
    status: 400,
    body: { success: false, message: "The 'license_key' parameter must be a string." },
  })
  expect(presentIdRequired('abc==')).toMatchObject({
    status: 500,
    body: {
      message:
        "The 'product_id' parameter is required to verify the license for this product. " +
        "Please set 'product_id' to 'abc==' in the request.",
    },
  })
})
