import { expect, test } from 'bun:test'
import type { SourceRecord } from '~/importing/source.ts'
import { trafficorchestrator } from '~/importing/sources/trafficorchestrator.ts'

const license = {
  license_id: '7f3c2a90',
  license_key: 'LK-8F2K-11QX-0Z7M',
  status: 'active',
  plan_id: 'professional',
  domains: ['example.com', 'app.example.com'],
  created_at: '2025-02-03T04:05:06Z',
  expires_at: '2027-02-03T04:05:06.789Z',
}

function translate(record: SourceRecord) {
  const translation = trafficorchestrator.translate(record, new Map())
  if (translation.kind !== 'license') throw new Error('The record is no license.')
  return translation.license
}

test('Traffic Orchestrator: a license keeps its key, plan, domains and end', () => {
  const createdAtMs = Date.parse('2025-02-03T04:05:06Z')
  expect(translate(license)).toEqual({
    id: '7f3c2a90',
    key: { kind: 'text', text: 'LK-8F2K-11QX-0Z7M' },
    plan: 'professional',
    customerEmail: null,
    customerName: null,
    expiresAtMs: Date.parse('2027-02-03T04:05:06Z'),
    state: { status: 'active' },
    limits: {},
    activations: [
      { kind: 'domain', value: 'example.com', createdAtMs },
      { kind: 'domain', value: 'app.example.com', createdAtMs },
    ],
    purchasedAtMs: createdAtMs,
    metadata: {},
  })
})

test('Traffic Orchestrator: a CSV has the same fields, and its domains are one text', () => {
  const row = {
    ...license,
    domains: 'example.com, example.org',
    app_name: 'My App',
    expires_at: '',
  }
  const { activations, metadata, expiresAtMs } = translate(row)
  expect(activations.map(({ value }) => value)).toEqual(['example.com', 'example.org'])
  expect(metadata).toEqual({ app_name: 'My App' })
  expect(expiresAtMs).toBeNull()
})

test.each([
  ['expired', { status: 'active' }],
  ['suspended', { status: 'suspended', reason: 'Suspended at Traffic Orchestrator.' }],
  ['REVOKED', { status: 'revoked' }],
  [null, { status: 'active' }],
])('Traffic Orchestrator: the status %s is imported', (status, state) => {
  expect(translate({ ...license, status }).state).toEqual(state as never)
})

test.each([
  [{ status: 'pending' }, /status is unknown: pending/],
  [{ license_key: '' }, /no license_key/],
  [{ license_id: null }, /no license_id/],
  [{ expires_at: 'soon' }, /not a time/],
])('Traffic Orchestrator: a record with %p is refused with its reason', (change, reason) => {
  expect(() => translate({ ...license, ...change })).toThrow(reason)
})
