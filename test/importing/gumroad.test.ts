import { expect, test } from 'bun:test'
import type { SourceRecord } from '~/importing/source.ts'
import { gumroad } from '~/importing/sources/gumroad.ts'

const translate = (record: SourceRecord) => gumroad.translate(record, new Map())

/** A row of the sales as CSV. Empty cells are strings as well. */
const row = {
  'Purchase ID': 'FO8TXN-dbxYaBdahG97Y-Q==',
  'Item Name': 'Pencil',
  'Buyer Name': 'Ada Lovelace',
  'Purchase Email': 'ada@example.com',
  'Purchase Date': '2021-01-05',
  'Purchase Time (UTC timezone)': '2021-01-05 19:38:56 UTC',
  'Fully Refunded?': '0',
  'Disputed?': '0',
  'Dispute Won?': '0',
  'Access Revoked?': '0',
  Variants: '',
  'Recurring Charge?': '0',
  'Product ID': 'QMGY',
  'Order Number': '524459935',
  'Giftee Email': '',
  Quantity: '1',
  Recurrence: '',
  'Subscription End Date': '',
  'License Key': '85DB562A-C11D4B06-A2335A6B-8C079166',
  'License Key Activation Count': '3',
  'License Key Enabled?': '1',
}

test('Gumroad: a sale of the CSV becomes a license, with the number of uses so far', () => {
  expect(translate(row)).toEqual({
    kind: 'license',
    license: {
      id: 'FO8TXN-dbxYaBdahG97Y-Q==',
      key: { kind: 'text', text: '85DB562A-C11D4B06-A2335A6B-8C079166' },
      plan: 'Pencil',
      customerEmail: 'ada@example.com',
      customerName: 'Ada Lovelace',
      expiresAtMs: null,
      state: { status: 'active' },
      limits: {},
      activations: [],
      purchasedAtMs: Date.parse('2021-01-05T19:38:56Z'),
      metadata: {
        gumroad_sale_id: 'FO8TXN-dbxYaBdahG97Y-Q==',
        gumroad_permalink: 'QMGY',
        gumroad_order_number: 524459935,
        gumroad_quantity: 1,
        gumroad_uses: 3,
      },
    },
  })
})

test('Gumroad: a sale of the API has the ID of the product that apps send', () => {
  const sale = {
    id: 'FO8TXN-dvxYabdavG97Y-Q==',
    email: 'ada@example.com',
    created_at: '2021-01-05T19:38:56Z',
    product_name: 'Pencil',
    subscription_duration: 'monthly',
    product_id: '32-nPainqpLj1B_WIwVlMw==',
    product_permalink: 'XCBbJ',
    variants: { Tier: 'Premium' },
    order_id: 524459995,
    disputed: false,
    subscription_id: 'GazW4_NBcQy-o7Gjjng7lw==',
    ended: false,
    recurring_charge: false,
    license_key: '83DB262A-C19D3B06-A5235A6B-8C079166',
    license_disabled: false,
    quantity: 2,
  }
  expect(translate(sale)).toMatchObject({
    license: {
      plan: 'Pencil (Premium)',
      customerEmail: 'ada@example.com',
      metadata: {
        gumroad_product_id: '32-nPainqpLj1B_WIwVlMw==',
        gumroad_permalink: 'XCBbJ',
        gumroad_variants: 'Premium',
        gumroad_subscription_id: 'GazW4_NBcQy-o7Gjjng7lw==',
        gumroad_recurrence: 'monthly',
        gumroad_order_number: 524459995,
        gumroad_quantity: 2,
      },
    },
  })
})

test.each([
  ['a full refund revokes', { 'Fully Refunded?': '1' }, 'revoked'],
  ['a disabled key is suspended', { 'License Key Enabled?': '0' }, 'suspended'],
  ['a dispute suspends', { 'Disputed?': '1' }, 'suspended'],
  ['a dispute that was won does not', { 'Disputed?': '1', 'Dispute Won?': '1' }, 'active'],
  ['revoked access suspends', { 'Access Revoked?': '1' }, 'suspended'],
])('Gumroad: %s', (_name, changes, status) => {
  expect(translate({ ...row, ...changes })).toMatchObject({ license: { state: { status } } })
})

test('Gumroad: a subscription that ended expires on that day, and a gift belongs to its receiver', () => {
  const changes = {
    'Subscription End Date': '2022-03-01 00:00:00 UTC',
    'Giftee Email': 'grace@example.com',
  }
  expect(translate({ ...row, ...changes })).toMatchObject({
    license: {
      expiresAtMs: Date.parse('2022-03-01T00:00:00Z'),
      customerEmail: 'grace@example.com',
    },
  })
})

test('Gumroad: an apostrophe that guards a cell from spreadsheets is no part of the ID', () => {
  const id = '-O8TXN-dbxYaBdahG97Y-Q=='
  expect(translate({ ...row, 'Purchase ID': `'${id}` })).toMatchObject({ license: { id } })
})

test.each([
  ['a sale without a key', { 'License Key': '' }],
  ['a renewal, which has the key of the first sale', { 'Recurring Charge?': '1' }],
])('Gumroad: %s is no license and no failure', (_name, changes) => {
  expect(translate({ ...row, ...changes })).toEqual({ kind: 'other' })
})
