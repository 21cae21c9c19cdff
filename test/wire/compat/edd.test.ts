import { expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { licenseRevoked, refuse, refuseLimit } from '~/domain/verdicts.ts'
import {
  type EddView,
  presentActivation,
  presentCheck,
  presentDeactivation,
  presentUnknown,
} from '~/wire/compat/edd.ts'
import { type LicenseScene, startMs } from '../../support/samples.ts'
import { aRecord } from './records.ts'

const item = { id: 8, name: '' }
const viewOf = (scene: LicenseScene = {}, given: Partial<EddView> = {}): EddView => ({
  record: aRecord(scene),
  productName: 'Example Plugin',
  place: 'domain',
  item,
  checksum: 'c0ffee',
  ...given,
})

const facts = {
  metadata: { edd_payment_id: 77, edd_price_id: 2 },
  customerName: 'Ada Lovelace',
  customerEmail: 'ada@example.com',
  expiresAtMs: startMs + DAY_MS,
  endsAtMs: startMs + DAY_MS,
  domainsUsed: 2,
  devicesUsed: 1,
}
const terms = { maxDomains: 5, maxDevices: 1 }
const rest = {
  license_limit: 5,
  site_count: 2,
  expires: '2026-03-07 00:00:00',
  activations_left: 3,
  payment_id: 77,
  customer_name: 'Ada Lovelace',
  customer_email: 'ada@example.com',
  price_id: 2,
}
const head = { item_id: 8, item_name: 'Example Plugin', checksum: 'c0ffee' }

test('EDD: an activation has every documented field', () => {
  const expected = { success: true, license: 'valid', ...head, ...rest }
  expect(presentActivation(viewOf({ facts, terms }), null)).toEqual(expected)
})

test('EDD: a deactivation says whether it succeeded', () => {
  const view = viewOf({ facts, terms })
  const yes = { success: true, license: 'deactivated', ...head, ...rest }
  expect(presentDeactivation(view, true)).toEqual(yes)
  expect(presentDeactivation(view, false)).toMatchObject({ success: false, license: 'failed' })
})

const suspended = refuse('LICENSE_SUSPENDED', 'This license is suspended.')
const expired = refuse('LICENSE_EXPIRED', 'This license expired on 2026-01-01.')

test.each([
  [suspended, 'disabled'],
  [licenseRevoked, 'disabled'],
  [expired, 'expired'],
  [refuse('SELF_DEACTIVATION_DISABLED', 'Ask the vendor.'), 'license_not_activable'],
  ['missing_url', 'missing_url'],
  ['invalid_item_id', 'invalid_item_id'],
  ['item_name_mismatch', 'item_name_mismatch'],
] as const)('EDD: an activation that is refused by %o has its error', (refusal, error) => {
  const reply = presentActivation(viewOf({ facts, terms }), refusal)
  expect(reply).toEqual({ success: false, license: 'invalid', error, ...head, ...rest })
})

test('EDD: an activation beyond the limit says how many sites there are', () => {
  const full = viewOf({ facts: { ...facts, domainsUsed: 5 }, terms })
  expect(presentActivation(full, refuseLimit('domain', 5, 5))).toMatchObject({
    success: false,
    license: 'invalid',
    error: 'no_activations_left',
    max_sites: 5,
    activations_left: 0,
  })
})

const notActivated = refuse('DOMAIN_NOT_ACTIVATED', 'example.com is not activated.')
const valid = { valid: true, expiresAtMs: null, warnings: [] } as const

test.each([
  ['valid', {}, valid],
  ['expired', {}, expired],
  ['disabled', {}, suspended],
  ['disabled', {}, licenseRevoked],
  ['inactive', { domainsUsed: 0, devicesUsed: 0 }, notActivated],
  ['site_inactive', { domainsUsed: 1 }, notActivated],
  ['site_inactive', { freeDomainsUsed: 1 }, refuse('DOMAIN_REQUIRED', 'Send the domain.')],
  ['invalid_item_id', {}, 'invalid_item_id'],
  ['item_name_mismatch', {}, 'item_name_mismatch'],
] as const)('EDD: a check is %s with %o and %o', (license, used, verdict) => {
  expect(presentCheck(viewOf({ facts: used }), verdict)).toMatchObject({ success: true, license })
})

test.each([
  ['activate', { license: 'invalid', error: 'missing' }],
  ['deactivate', { license: 'failed' }],
  ['check', { license: 'invalid' }],
] as const)('EDD: the answer to %s does not know an unknown key', (action, expected) => {
  const reply = presentUnknown(action, { item: { id: null, name: 'A' }, checksum: 'c0ffee' })
  const named = { item_id: false, item_name: 'A', checksum: 'c0ffee' }
  expect(reply).toEqual({ success: false, ...named, ...expected })
})

test('EDD: without a limit or an end, activations are unlimited and the license is for life', () => {
  const view = viewOf({ terms: { maxDomains: null }, facts: { customerName: null } })
  expect(presentCheck(view, valid)).toMatchObject({
    license_limit: 0,
    activations_left: 'unlimited',
    expires: 'lifetime',
    price_id: false,
    customer_name: '',
  })
})

test('EDD: an app that sends no URL but the ID of a device counts devices', () => {
  const view = viewOf({ facts, terms }, { place: 'device' })
  expect(presentCheck(view, valid)).toMatchObject({ license_limit: 1, site_count: 1 })
})

test('EDD: a plan can hide the customer', () => {
  const view = viewOf({ facts, terms: { features: { edd_customer: false } } })
  expect(presentCheck(view, valid)).toMatchObject({ customer_name: '', customer_email: '' })
})
