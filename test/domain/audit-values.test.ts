import { expect, test } from 'bun:test'
import { describeChange } from '~/domain/audit-values.ts'
import { aLicense, anApiKey, aPlan, startMs } from '../support/samples.ts'

test('audit values: only the fields that differ are recorded, under the names of the API', () => {
  const plan = aPlan({ maxDevices: 3, deactivationsMaxPer30Days: 1 })
  const next = { ...plan, maxDevices: null, deactivationsMaxPer30Days: 2 }
  expect(describeChange('plan', plan, next)).toEqual({
    before: { max_devices: 3, deactivations_max_per_30_days: 1 },
    after: { max_devices: null, deactivations_max_per_30_days: 2 },
    personal: null,
  })
})

test('audit values: times are as in responses, and names inside of features are kept', () => {
  const before = aLicense(aPlan(), { expiresAtMs: null, overrides: {} })
  const overrides = { maxSeats: 5, features: { exportPdf: true } }
  const after = { ...before, expiresAtMs: startMs, overrides }
  expect(describeChange('license', before, after)).toEqual({
    before: { expires_at: null, overrides: {} },
    after: {
      expires_at: '2026-03-06T00:00:00Z',
      overrides: { max_seats: 5, features: { exportPdf: true } },
    },
    personal: null,
  })
})

test('audit values: those that name a customer are apart', () => {
  const before = aLicense(aPlan(), { customerEmail: 'ann@example.com', externalRef: 'a' })
  const after = { ...before, customerEmail: 'bob@example.com', externalRef: 'b' }
  expect(describeChange('license', before, after)).toEqual({
    before: { external_ref: 'a' },
    after: { external_ref: 'b' },
    personal: {
      before: { customer_email: 'ann@example.com' },
      after: { customer_email: 'bob@example.com' },
    },
  })
})

test('audit values: what only serves the program is not recorded', () => {
  const before = aLicense()
  const after = { ...before, version: 2, updatedAtMs: 1, expiredNotifiedAtMs: 1, devicesUsed: 2 }
  expect(describeChange('license', before, after)).toBeNull()
})

test('audit values: a license has its masked key, but neither its hash nor its encrypted copy', () => {
  const license = aLicense()
  const text = JSON.stringify(describeChange('license', null, license))
  expect(text).toContain(license.keyMasked)
  expect(text).not.toContain(license.keyHash)
  expect(text).not.toContain(license.keySealed)
})

test('audit values: what is created has no values before it, and what is deleted none after it', () => {
  const apiKey = anApiKey({ name: 'billing', scopes: ['plans:read'], expiresAtMs: null })
  const values = { name: 'billing', scopes: ['plans:read'], is_reserved: false }
  const created = { before: null, after: values, personal: null }
  expect(describeChange('api_key', null, apiKey)).toEqual(created)
  const deleted = { before: values, after: null, personal: null }
  expect(describeChange('api_key', apiKey, null)).toEqual(deleted)
})
