import { expect, test } from 'bun:test'
import type { Activation } from '~/domain/activations.ts'
import { DAY_MS } from '~/domain/times.ts'
import { licenseNotFound, licenseRevoked, refuse, refuseLimit } from '~/domain/verdicts.ts'
import { presentMissing, presentOutcome, presentUnknown } from '~/wire/compat/lemonsqueezy.ts'
import { deriveNumber } from '~/wire/compat/source-fields.ts'
import { aDevice, aLicenseState, type LicenseScene, startMs } from '../../support/samples.ts'
import { aRecord } from './records.ts'

const key = 'TEST-0000-0000-0001'
const id = '47596ad9-a811-4ebf-ac8a-03fc7b6d2a17'
const viewOf = (scene: LicenseScene = {}) => ({
  record: aRecord(scene),
  productName: 'Example Product',
  key,
  nowMs: startMs,
})

const anInstance = (): Activation => ({
  ...aDevice(aLicenseState(), id),
  name: 'Test',
  externalId: id,
})

const metadata = {
  lemonsqueezy_license_key_id: 1,
  lemonsqueezy_store_id: 1,
  lemonsqueezy_order_id: 2,
  lemonsqueezy_order_item_id: 3,
  lemonsqueezy_product_id: 4,
  lemonsqueezy_variant_id: '5',
  lemonsqueezy_customer_id: 6,
}

test('Lemon Squeezy: an activation has every documented field, with the IDs of the store', () => {
  const facts = {
    metadata,
    customerName: 'John Doe',
    customerEmail: 'johndoe@example.com',
    expiresAtMs: startMs + DAY_MS,
    endsAtMs: startMs + DAY_MS,
    devicesUsed: 1,
  }
  const view = viewOf({ facts, terms: { maxDevices: 5, name: 'Default' } })
  expect(presentOutcome('activated', view, anInstance(), null)).toEqual({
    status: 200,
    body: {
      activated: true,
      error: null,
      license_key: {
        id: 1,
        status: 'active',
        key,
        activation_limit: 5,
        activation_usage: 1,
        created_at: '2026-03-06T00:00:00.000000Z',
        expires_at: '2026-03-07T00:00:00.000000Z',
        test_mode: false,
      },
      instance: { id, name: 'Test', created_at: '2026-03-06T00:00:00.000000Z' },
      meta: {
        store_id: 1,
        order_id: 2,
        order_item_id: 3,
        product_id: 4,
        product_name: 'Example Product',
        variant_id: 5,
        variant_name: 'Default',
        customer_id: 6,
        customer_name: 'John Doe',
        customer_email: 'johndoe@example.com',
      },
    },
  })
})

const suspended = refuse('LICENSE_SUSPENDED', 'This license is suspended.')
const expired = refuse('LICENSE_EXPIRED', 'This license expired on 2026-01-01.')
const notActivated = refuse('DEVICE_NOT_ACTIVATED', 'This device is not activated.')
const noDomain = refuse('DOMAIN_REQUIRED', 'Send the domain.')

test.each([
  [suspended, 400, 'This license key is disabled.'],
  [licenseRevoked, 400, 'This license key is disabled.'],
  [expired, 400, 'This license key is expired.'],
  [refuseLimit('device', 1, 1), 400, 'This license key has reached the activation limit.'],
  [notActivated, 404, 'instance_id not found.'],
  [noDomain, 400, 'Send the domain.'],
] as const)('Lemon Squeezy: %o gets the status %i and its error', (refusal, status, error) => {
  const reply = presentOutcome('valid', viewOf(), null, refusal)
  expect(reply).toMatchObject({ status, body: { valid: false, error, instance: null } })
})

test.each([
  ['inactive', {}],
  ['active', { devicesUsed: 1 }],
  ['expired', { expiresAtMs: startMs, endsAtMs: startMs }],
  ['disabled', { suspendedAtMs: startMs, devicesUsed: 1 }],
  ['disabled', { revokedAtMs: startMs }],
])('Lemon Squeezy: the status is %s for %o', (status, facts) => {
  const { body } = presentOutcome('valid', viewOf({ facts }), null, null)
  expect(body).toMatchObject({ license_key: { status } })
})

test('Lemon Squeezy: a deactivation has no instance', () => {
  const { body } = presentOutcome('deactivated', viewOf(), null, null)
  expect(Object.keys(body)).toEqual(['deactivated', 'error', 'license_key', 'meta'])
})

test('Lemon Squeezy: an unknown key has the status 404 and no license', () => {
  const body = { activated: false, error: 'license_key not found.' }
  expect(presentUnknown('activated', licenseNotFound)).toEqual({ status: 404, body })
})

test('Lemon Squeezy: missing fields are named as Laravel does', () => {
  expect(presentMissing(['license_key', 'instance_name'])).toEqual({
    status: 422,
    body: {
      message: 'The license key field is required. (and 1 more error)',
      errors: {
        license_key: ['The license key field is required.'],
        instance_name: ['The instance name field is required.'],
      },
    },
  })
  expect(presentMissing(['instance_id']).body).toMatchObject({
    message: 'The instance id field is required.',
  })
})

test('Lemon Squeezy: a plan that requires a device asks for the instance', () => {
  const refusal = refuse('FINGERPRINT_REQUIRED', 'Send a fingerprint.')
  expect(presentOutcome('valid', viewOf(), null, refusal)).toEqual(presentMissing(['instance_id']))
})

test('Lemon Squeezy: numbers that nobody has set are the same for the same names', () => {
  const { body } = presentOutcome('valid', viewOf(), null, null)
  expect(body).toMatchObject({
    meta: { product_id: deriveNumber('default'), variant_id: deriveNumber('professional') },
  })
  expect(deriveNumber('default')).not.toBe(deriveNumber('professional'))
  expect(deriveNumber('')).toBeGreaterThan(0)
  expect(deriveNumber('x'.repeat(1000))).toBeLessThan(2 ** 31)
})

test('Lemon Squeezy: a plan sets IDs for its licenses, and can hide the customer', () => {
  const features = { lemonsqueezy_product_id: 44, lemonsqueezy_customer: false }
  const { body } = presentOutcome('valid', viewOf({ terms: { features } }), null, null)
  expect(body).toMatchObject({ meta: { product_id: 44, customer_name: '', customer_email: '' } })
})
