import { expect, test } from 'bun:test'
import type { SourceRecord } from '~/importing/source.ts'
import { edd } from '~/importing/sources/edd.ts'

const translate = (record: SourceRecord) => edd.translate(record, new Map())

/** A row of the CSV of Software Licensing. */
const row = {
  'License ID': '1201',
  'License Key': 'cc22c1ec86304b36883440e2e84cddff',
  'License Status': 'active',
  'Customer ID': '55',
  'Customer Email': 'ada@example.com',
  'Customer Name': 'Ada Lovelace',
  'User ID': '12',
  'Product Name': 'Example Plugin',
  'Price ID': '2',
  'Purchase Date': '2024-01-31 12:00:00',
  'Expiration Date': '1990000000',
  'Activation Limit': '5',
  'Activation Count': '2',
  'Activated URLs': 'example.com/, shop.example.org/blog/',
}

test('EDD: a row of the CSV becomes a license with its sites', () => {
  expect(translate(row)).toEqual({
    kind: 'license',
    license: {
      id: '1201',
      key: { kind: 'text', text: 'cc22c1ec86304b36883440e2e84cddff' },
      plan: 'Example Plugin',
      customerEmail: 'ada@example.com',
      customerName: 'Ada Lovelace',
      expiresAtMs: 1_990_000_000_000,
      state: { status: 'active' },
      limits: { maxDomains: 5 },
      activations: [
        { kind: 'domain', value: 'example.com' },
        { kind: 'domain', value: 'shop.example.org' },
      ],
      purchasedAtMs: Date.parse('2024-01-31T12:00:00Z'),
      metadata: {
        edd_license_id: 1201,
        edd_item_name: 'Example Plugin',
        edd_price_id: 2,
        edd_customer_id: 55,
      },
    },
  })
})

test('EDD: the rows of the database are read as well, with a table for the sites', () => {
  const license = {
    id: '1201',
    license_key: 'cc22c1ec86304b36883440e2e84cddff',
    status: 'inactive',
    download_id: '8',
    price_id: null,
    payment_id: '77',
    date_created: '2024-01-31 12:00:00',
    expiration: '0',
    customer_id: '55',
  }
  expect(translate(license)).toMatchObject({
    license: {
      plan: '8',
      expiresAtMs: null,
      state: { status: 'active' },
      limits: {},
      metadata: { edd_item_id: 8, edd_payment_id: 77 },
    },
  })
  const site = { site_id: '3', site_name: 'www.example.com/', license_id: '1201', activated: '1' }
  expect(translate(site)).toEqual({
    kind: 'activations',
    licenseId: '1201',
    activations: [{ kind: 'domain', value: 'example.com' }],
  })
  expect(translate({ ...site, activated: '0' })).toEqual({ kind: 'other' })
})

test('EDD: two sites in folders of one host are one domain, and other texts are devices', () => {
  const sites = { 'Activated URLs': 'example.com/de/, example.com/fr/, DEVICE-00AF' }
  expect(translate({ ...row, ...sites })).toMatchObject({
    license: {
      activations: [
        { kind: 'domain', value: 'example.com' },
        { kind: 'device', value: 'DEVICE-00AF' },
      ],
    },
  })
})

test.each([
  ['no limit is unlimited', { 'Activation Limit': '0' }, { limits: { maxDomains: null } }],
  ['lifetime is perpetual', { 'Expiration Date': 'lifetime' }, { expiresAtMs: null }],
  ['disabled is suspended', { 'License Status': 'disabled' }, { state: { status: 'suspended' } }],
  [
    'expired is active with a date in the past',
    { 'License Status': 'expired', 'Expiration Date': '1500000000' },
    { state: { status: 'active' }, expiresAtMs: 1_500_000_000_000 },
  ],
  [
    'expired without a date is suspended',
    { 'License Status': 'expired', 'Expiration Date': '' },
    { state: { status: 'suspended' } },
  ],
])('EDD: %s', (_name, changes, license) => {
  expect(translate({ ...row, ...changes })).toMatchObject({ license })
})

test('EDD: a status that nobody knows is refused', () => {
  expect(() => translate({ ...row, 'License Status': 'frozen' })).toThrow(
    'Its status is unknown: frozen.',
  )
})
