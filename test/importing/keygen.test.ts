import { expect, test } from 'bun:test'
import type { ImportedLicense } from '~/domain/imported-licenses.ts'
import type { SourceRecord } from '~/importing/source.ts'
import { keygen } from '~/importing/sources/keygen.ts'

const translate = (record: SourceRecord) => keygen.translate(record, new Map())

function translateLicense(record: SourceRecord): ImportedLicense {
  const translation = translate(record)
  if (translation.kind !== 'license') throw new Error('The record is no license.')
  return translation.license
}

const attributes = {
  name: 'Acme Ltd',
  key: '6B0B38-F0F4-4FA4-BF58-4CE7D2-V3',
  expiry: '2031-09-05T22:53:37.000Z',
  status: 'ACTIVE',
  uses: 0,
  suspended: false,
  scheme: null,
  maxMachines: 5,
  metadata: { plan: 'gold', seats: 3, nested: { a: 1 } },
  created: '2024-01-02T20:26:53.464Z',
  updated: '2024-02-02T20:26:53.464Z',
}
const relationships = {
  account: { data: { type: 'accounts', id: '00000000-0000-4000-8000-00000000000a' } },
  product: { data: { type: 'products', id: '00000000-0000-4000-8000-00000000000b' } },
  policy: { data: { type: 'policies', id: '00000000-0000-4000-8000-00000000000c' } },
  owner: { data: { type: 'users', id: '00000000-0000-4000-8000-00000000000d' } },
}
const license = (changes: object = {}, more: object = {}) => ({
  id: '00000000-0000-4000-8000-000000000001',
  type: 'licenses',
  attributes: { ...attributes, ...changes },
  relationships,
  ...more,
})
const machine = {
  id: '00000000-0000-4000-8000-000000000002',
  type: 'machines',
  attributes: {
    fingerprint: '4d:Eq:UV:D3',
    name: null,
    hostname: 'adas-mac',
    lastHeartbeat: null,
    created: '2024-01-03T00:00:00.000Z',
    updated: '2024-01-04T00:00:00.000Z',
  },
  relationships: {
    license: { data: { type: 'licenses', id: '00000000-0000-4000-8000-000000000001' } },
  },
}
const device = {
  kind: 'device',
  value: '4d:Eq:UV:D3',
  name: 'adas-mac',
  externalId: '00000000-0000-4000-8000-000000000002',
  createdAtMs: Date.parse('2024-01-03T00:00:00Z'),
  lastSeenAtMs: Date.parse('2024-01-04T00:00:00Z'),
} as const

test('Keygen: a license keeps its key, policy, limit, metadata and the IDs that apps send', () => {
  expect(translateLicense(license())).toEqual({
    id: '00000000-0000-4000-8000-000000000001',
    key: { kind: 'text', text: '6B0B38-F0F4-4FA4-BF58-4CE7D2-V3' },
    plan: '00000000-0000-4000-8000-00000000000c',
    customerEmail: null,
    customerName: null,
    expiresAtMs: Date.parse('2031-09-05T22:53:37Z'),
    state: { status: 'active' },
    limits: { maxDevices: 5 },
    activations: [],
    purchasedAtMs: Date.parse('2024-01-02T20:26:53Z'),
    metadata: {
      plan: 'gold',
      seats: 3,
      nested: '{"a":1}',
      keygen_show_metadata: true,
      keygen_license_id: '00000000-0000-4000-8000-000000000001',
      keygen_account_id: '00000000-0000-4000-8000-00000000000a',
      keygen_product_id: '00000000-0000-4000-8000-00000000000b',
      keygen_policy_id: '00000000-0000-4000-8000-00000000000c',
      keygen_user_id: '00000000-0000-4000-8000-00000000000d',
      keygen_name: 'Acme Ltd',
    },
  })
})

test('Keygen: the owner and the machines in a license become its customer and its devices', () => {
  const owner = {
    type: 'users',
    attributes: { email: 'ada@example.com', fullName: 'Ada Lovelace' },
  }
  const imported = translateLicense(license({}, { owner, machines: [machine] }))
  expect(imported.customerEmail).toBe('ada@example.com')
  expect(imported.customerName).toBe('Ada Lovelace')
  expect(imported.activations).toEqual([device])
})

test('Keygen: an owner without a full name has the first and the last name', () => {
  const owner = { attributes: { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' } }
  expect(translateLicense(license({}, { owner })).customerName).toBe('Ada Lovelace')
})

test('Keygen: a machine on its own is a device of its license', () => {
  expect(translate(machine)).toEqual({
    kind: 'activations',
    licenseId: '00000000-0000-4000-8000-000000000001',
    activations: [device],
  })
})

test('Keygen: the document of a single license is read as well', () => {
  expect(translateLicense({ data: license() }).id).toBe('00000000-0000-4000-8000-000000000001')
})

test.each([
  ['a license without an end is perpetual', { expiry: null }, null, null],
  [
    'a license that starts with its first use gets the duration of its plan',
    { expiry: null },
    { attributes: { duration: 31_556_952, expirationBasis: 'FROM_FIRST_VALIDATION' } },
    undefined,
  ],
  [
    'a policy without a duration is perpetual, whenever it starts',
    { expiry: null },
    { attributes: { duration: null, expirationBasis: 'FROM_FIRST_ACTIVATION' } },
    null,
  ],
])('Keygen: %s', (_title, changes, policy, expected) => {
  expect(translateLicense(license(changes, { policy })).expiresAtMs).toBe(expected)
})

test.each([
  ['suspended', { suspended: true }, { status: 'suspended', reason: 'Suspended at Keygen.' }],
  [
    'banned',
    { status: 'BANNED' },
    { status: 'suspended', reason: 'The customer was banned at Keygen.' },
  ],
  ['expired', { status: 'EXPIRED' }, { status: 'active' }],
])('Keygen: a license that is %s is imported as such', (_title, changes, state) => {
  expect(translateLicense(license(changes)).state).toEqual(state as ImportedLicense['state'])
})

test.each([
  ['unlimited machines stay unlimited', { maxMachines: null }, { maxDevices: null }],
  ['a limit that is not in the file is that of the plan', { maxMachines: undefined }, {}],
])('Keygen: %s', (_title, changes, limits) => {
  expect(translateLicense(license(changes)).limits).toEqual(limits)
})

test('Keygen: users, policies and products are no licenses', () => {
  for (const type of ['users', 'policies', 'products', 'entitlements']) {
    expect(translate({ id: '1', type, attributes: {} })).toEqual({ kind: 'other' })
  }
})

test.each([
  ['a license without a key', license({ key: undefined }), 'It has no key'],
  ['a machine without a license', { ...machine, relationships: {} }, 'It has no relationships'],
  ['an object of another format', { id: '1', key: 'x' }, 'It has no type'],
])('Keygen: %s is refused with the reason', (_title, record, reason) => {
  expect(() => translate(record)).toThrow(reason)
})
