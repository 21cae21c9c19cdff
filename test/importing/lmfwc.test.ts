import { expect, test } from 'bun:test'
import type { ImportedLicense } from '~/domain/imported-licenses.ts'
import type { SourceRecord } from '~/importing/source.ts'
import { lmfwc } from '~/importing/sources/lmfwc.ts'

function translate(record: SourceRecord): ImportedLicense {
  const translation = lmfwc.translate(record, new Map())
  if (translation.kind !== 'license') throw new Error('The row is no license.')
  return translation.license
}

const row = {
  id: '48',
  order_id: '159',
  product_id: '20',
  user_id: '1',
  license_key: 'PREX-pp00-xe00-sx00',
  expires_at: '2032-08-18 14:02:57',
  valid_for: '20',
  status: 'DELIVERED',
  times_activated: '1',
  times_activated_max: '5',
  created_at: '2022-07-29 14:00:26',
  created_by: '1',
  updated_at: '2022-08-01 10:37:30',
  updated_by: '1',
}

const license = {
  id: '48',
  key: { kind: 'text', text: 'PREX-pp00-xe00-sx00' },
  plan: '20',
  customerEmail: null,
  customerName: null,
  expiresAtMs: Date.parse('2032-08-18T14:02:57Z'),
  state: { status: 'active' },
  limits: { maxDomains: 5, maxDevices: 5 },
  activations: [],
  purchasedAtMs: Date.parse('2022-07-29T14:00:26Z'),
  metadata: {
    lmfwc_license_id: '48',
    lmfwc_product_id: '20',
    lmfwc_order_id: '159',
    lmfwc_user_id: '1',
  },
} as const

test('License Manager for WooCommerce: a row of its CSV export becomes a license', () => {
  expect(translate(row)).toEqual(license)
})

test('License Manager for WooCommerce: an object of its REST API becomes the same license, with the domains that labels name', () => {
  const activation = { id: 3, token: 'a'.repeat(40), license_id: 48, deactivated_at: null }
  const createdAt = { created_at: '2023-12-15 14:39:11' }
  const object = {
    ...{ id: 48, orderId: 159, productId: 20, userId: 1, licenseKey: 'PREX-pp00-xe00-sx00' },
    ...{ expiresAt: '2032-08-18 14:02:57', validFor: 20, source: 1, status: 2 },
    ...{ timesActivated: 1, timesActivatedMax: 5, createdAt: '2022-07-29 14:00:26' },
    activationData: [
      { ...activation, ...createdAt, label: 'example.org' },
      { ...activation, ...createdAt, label: 'My computer' },
      { ...activation, ...createdAt, label: null },
      { ...activation, label: 'example.net', deactivated_at: '2024-01-01 00:00:00' },
    ],
  }
  const createdAtMs = Date.parse('2023-12-15T14:39:11Z')
  expect(translate(object)).toEqual({
    ...license,
    activations: [{ kind: 'domain', value: 'example.org', createdAtMs }],
  })
})

test.each([
  ['SOLD', { status: 'active' }],
  ['1', { status: 'active' }],
  ['INACTIVE', { status: 'active' }],
  [4, { status: 'active' }],
  ['DISABLED', { status: 'suspended', reason: 'The license was disabled.' }],
  [5, { status: 'suspended', reason: 'The license was disabled.' }],
])('License Manager for WooCommerce: the status %p is read', (status, state) => {
  expect(translate({ ...row, status }).state).toEqual(state as ImportedLicense['state'])
})

test('License Manager for WooCommerce: a row without an end is perpetual, and one in stock starts as the plan says', () => {
  expect(translate({ ...row, expires_at: '', valid_for: '' }).expiresAtMs).toBeNull()
  expect(translate({ ...row, expires_at: '', valid_for: '30' }).expiresAtMs).toBeUndefined()
})

test('License Manager for WooCommerce: without a maximum, the limits are those of the plan', () => {
  expect(translate({ ...row, times_activated_max: '' }).limits).toEqual({})
  expect(translate({ ...row, times_activated_max: '0' }).limits).toEqual({})
})

test('License Manager for WooCommerce: a row of its table has the hash of its encrypted key', () => {
  const hash = 'b'.repeat(64)
  const encrypted = { ...row, license_key: 'def50200aabbcc' }
  expect(translate({ ...encrypted, hash }).key).toEqual({ kind: 'hash', hash })
  expect(() => translate(encrypted)).toThrow('Its key is encrypted.')
})

test.each([
  ['an ID', { id: '' }, 'It has no id.'],
  ['a key', { license_key: '' }, 'It has no license_key.'],
  ['a known status', { status: 'odd' }, 'Its status is unknown: odd.'],
])('License Manager for WooCommerce: a row without %s is refused', (_what, fields, words) => {
  expect(() => translate({ ...row, ...fields })).toThrow(words)
})
