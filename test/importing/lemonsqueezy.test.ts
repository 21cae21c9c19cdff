import { expect, test } from 'bun:test'
import type { SourceRecord } from '~/importing/source.ts'
import { lemonsqueezy } from '~/importing/sources/lemonsqueezy.ts'

const translate = (record: SourceRecord) => lemonsqueezy.translate(record, new Map())

const attributes = {
  store_id: 1,
  customer_id: 6,
  order_id: 2,
  order_item_id: 3,
  product_id: 4,
  user_name: 'John Doe',
  user_email: 'john@example.com',
  key: '80e15db5-c796-436b-850c-8f9c98a48abe',
  key_short: 'XXXX-8f9c98a48abe',
  activation_limit: 5,
  instances_count: 1,
  disabled: 0,
  status: 'active',
  status_formatted: 'Active',
  expires_at: '2031-05-24T14:15:07.000000Z',
  created_at: '2024-05-24T14:15:07.000000Z',
  updated_at: '2024-06-24T14:15:07.000000Z',
  test_mode: false,
}
const keyOf = (changes: object) => ({
  type: 'license-keys',
  id: '1',
  attributes: { ...attributes, ...changes },
})

test('Lemon Squeezy: a license key of the API keeps its IDs, which apps compare', () => {
  expect(translate(keyOf({}))).toEqual({
    kind: 'license',
    license: {
      id: '1',
      key: { kind: 'text', text: '80e15db5-c796-436b-850c-8f9c98a48abe' },
      plan: '4',
      otherPlans: [],
      customerEmail: 'john@example.com',
      customerName: 'John Doe',
      expiresAtMs: Date.parse('2031-05-24T14:15:07Z'),
      state: { status: 'active' },
      limits: { maxDevices: 5 },
      activations: [],
      purchasedAtMs: Date.parse('2024-05-24T14:15:07Z'),
      metadata: {
        lemonsqueezy_license_key_id: 1,
        lemonsqueezy_store_id: 1,
        lemonsqueezy_customer_id: 6,
        lemonsqueezy_order_id: 2,
        lemonsqueezy_order_item_id: 3,
        lemonsqueezy_product_id: 4,
      },
    },
  })
})

test('Lemon Squeezy: an instance is a device that keeps the ID which the installed app has stored', () => {
  const identifier = 'f70a79fa-6054-433e-9c1b-6075344292e4'
  const created_at = '2024-06-01T00:00:00.000000Z'
  const instance = { license_key_id: 1, identifier, name: 'example.com', created_at }
  const activation = {
    kind: 'device',
    value: identifier,
    name: 'example.com',
    externalId: identifier,
    createdAtMs: Date.parse('2024-06-01T00:00:00Z'),
  }
  const expected = { kind: 'activations', licenseId: '1', activations: [activation] }
  const resource = { type: 'license-key-instances', id: '9', attributes: instance }
  expect(translate(resource) as unknown).toEqual(expected)
  expect(translate({ id: '9', ...instance }) as unknown).toEqual(expected)
})

test.each([
  ['a disabled key', { disabled: 1 }, 'suspended'],
  ['a key with the status disabled', { status: 'disabled' }, 'suspended'],
  ['an inactive key', { status: 'inactive' }, 'active'],
  ['an expired key, whose date says the rest', { status: 'expired' }, 'active'],
])('Lemon Squeezy: the state of %s is taken over', (_name, changes, status) => {
  expect(translate(keyOf(changes))).toMatchObject({ license: { state: { status } } })
})

test.each([
  ['a key without a date is perpetual', { expires_at: null }, null],
  [
    'a key of a subscription that expired ends when it was last changed',
    { expires_at: null, status: 'expired' },
    Date.parse('2024-06-24T14:15:07Z'),
  ],
])('Lemon Squeezy: %s', (_name, changes, expiresAtMs) => {
  expect(translate(keyOf(changes))).toMatchObject({ license: { expiresAtMs } })
})

test('Lemon Squeezy: a key without a limit is unlimited', () => {
  const limits = { maxDevices: null }
  expect(translate(keyOf({ activation_limit: null }))).toMatchObject({ license: { limits } })
})

test('Lemon Squeezy: a CSV with the names of the API is read as well', () => {
  const row = { id: '7', key: 'TEST-KEY-0000-0007', status: 'active', product_name: 'Lemonade' }
  expect(translate({ ...row, user_email: 'a@example.com' })).toMatchObject({
    license: { id: '7', plan: 'Lemonade', customerEmail: 'a@example.com', limits: {} },
  })
})

test('Lemon Squeezy: a key with the variant of its order item names the variant first, then the product', () => {
  const variant = { product_name: 'Lemonade', variant_id: 5, variant_name: 'Yearly' }
  expect(translate(keyOf(variant))).toMatchObject({
    license: {
      plan: 'Lemonade (Yearly)',
      otherPlans: ['4/5', 'Lemonade', '4'],
      metadata: {
        lemonsqueezy_variant_id: 5,
        lemonsqueezy_product_name: 'Lemonade',
        lemonsqueezy_variant_name: 'Yearly',
      },
    },
  })
})

test('Lemon Squeezy: a key of the test mode is refused, and other resources are no failure', () => {
  expect(() => translate(keyOf({ test_mode: true }))).toThrow('It is a key of the test mode.')
  expect(translate({ type: 'orders', id: '2', attributes: {} })).toEqual({ kind: 'other' })
})
