import { expect, test } from 'bun:test'
import type { ImportedLicense } from '~/domain/imported-licenses.ts'
import type { SourceRecord } from '~/importing/source.ts'
import { csv } from '~/importing/sources/csv.ts'

const row = { id: '1001', key: 'ACME-2019-7f3a9c0b51' }

function translate(record: SourceRecord, columns = new Map<string, string>()): ImportedLicense {
  const translation = csv.translate(record, columns)
  if (translation.kind !== 'license') throw new Error('The row is no license.')
  return translation.license
}

test('plain CSV: every column becomes its field', () => {
  const record = {
    ...row,
    plan: 'team',
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    expires_at: '2031-01-31T00:00:00Z',
    created_at: '2026-01-31 12:00:00',
    status: 'Suspended',
    reason: 'unpaid',
    max_domains: '3',
    max_devices: 'unlimited',
    max_seats: '',
    domains: 'example.com, https://www.example.org/',
    devices: 'mac-1',
  }
  const createdAtMs = Date.parse('2026-01-31T12:00:00Z')
  expect(translate(record)).toEqual({
    id: '1001',
    key: { kind: 'text', text: 'ACME-2019-7f3a9c0b51' },
    plan: 'team',
    customerEmail: 'ada@example.com',
    customerName: 'Ada Lovelace',
    expiresAtMs: Date.parse('2031-01-31T00:00:00Z'),
    state: { status: 'suspended', reason: 'unpaid' },
    limits: { maxDomains: 3, maxDevices: null },
    activations: [
      { kind: 'domain', value: 'example.com', createdAtMs },
      { kind: 'domain', value: 'https://www.example.org/', createdAtMs },
      { kind: 'device', value: 'mac-1', createdAtMs },
    ],
    purchasedAtMs: createdAtMs,
    metadata: {},
  })
})

test('plain CSV: a column map gives fields other headers, and puts columns into the metadata', () => {
  const columns = new Map([
    ['id', 'Order'],
    ['key', 'Serial number'],
    ['metadata.invoice', 'Invoice'],
    ['metadata.note', 'Note'],
  ])
  const record = { Order: '7', 'Serial number': 'ACME-1', Invoice: 'R-9', Note: '', key: 'x' }
  const { id, key, metadata } = translate(record, columns)
  expect({ id, key, metadata }).toEqual({
    id: '7',
    key: { kind: 'text', text: 'ACME-1' },
    metadata: { invoice: 'R-9' },
  })
})

test.each([
  ['2031-01-31T10:00:00+02:00', '2031-01-31T08:00:00Z'],
  ['2031-01-31T10:00:00.123456Z', '2031-01-31T10:00:00Z'],
  ['2031-01-31 10:00:00', '2031-01-31T10:00:00Z'],
  ['2031-01-31 10:00', '2031-01-31T10:00:00Z'],
  ['2031-01-31 10:00:00 UTC', '2031-01-31T10:00:00Z'],
  ['2031-01-31', '2031-01-31T23:59:59Z'],
  ['1927620000', '2031-01-31T10:00:00Z'],
  ['1927620000000', '2031-01-31T10:00:00Z'],
])('plain CSV: an expiration may be written %s', (text, time) => {
  expect(translate({ ...row, expires_at: text }).expiresAtMs).toBe(Date.parse(time))
})

test.each(['', 'never', 'Lifetime', '0000-00-00 00:00:00'])(
  'plain CSV: "%s" is no expiration',
  (text) => {
    expect(translate({ ...row, expires_at: text }).expiresAtMs).toBeNull()
  },
)

test('plain CSV: without the column of expirations, the plan decides', () => {
  expect(translate(row).expiresAtMs).toBeUndefined()
})

test('plain CSV: a hash is read if there is no key', () => {
  const hash = 'a'.repeat(64)
  expect(translate({ id: '1', key: '', key_hash: hash }).key).toEqual({ kind: 'hash', hash })
})

test.each([
  ['an id', { key: 'ACME-2019-7f3a9c0b51' }, 'It has no id.'],
  ['a key', { id: '1' }, 'It has no key.'],
  ['a known status', { ...row, status: 'odd' }, 'status is unknown: odd.'],
  ['an expiration that exists', { ...row, expires_at: '2031-02-30' }, 'expires_at is not a time'],
  [
    'an ID that JSON keeps',
    { ...row, id: JSON.parse('12345678901234567890') },
    'too long for JSON',
  ],
  ['a limit of 0 or more', { ...row, max_domains: '-1' }, 'max_domains is not a number'],
])('plain CSV: a row without %s is refused', (_what, record, words) => {
  expect(() => translate(record)).toThrow(words)
})
