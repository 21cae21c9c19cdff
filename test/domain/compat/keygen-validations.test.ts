import { expect, test } from 'bun:test'
import {
  decideKeygenValidation,
  findScopeMismatch,
  type KeygenCode,
  type KeygenRequest,
  type KeygenScope,
} from '~/domain/compat/keygen-validations.ts'
import { DAY_MS } from '~/domain/times.ts'
import {
  aDevice,
  aLicenseState,
  createId,
  type LicenseScene,
  startMs,
} from '../../support/samples.ts'

const nowMs = startMs + DAY_MS
const snapshot = aLicenseState()
const device = aDevice(snapshot, 'mac-1')
const noRequirements: KeygenRequest = {
  mismatch: null,
  entitlements: [],
  fingerprint: undefined,
  isUnknownMachine: false,
  country: null,
}
const identity = {
  productId: 'product-1',
  policyId: 'policy-1',
  userId: 'user-1',
  email: 'ada@example.com',
}

function decide(scene: LicenseScene, request: Partial<KeygenRequest> = {}) {
  const state = aLicenseState(scene)
  return decideKeygenValidation(
    state,
    { ...noRequirements, ...request },
    () => createId('act'),
    nowMs,
  )
}

const mac = { fingerprint: 'mac-1' }
const active = { facts: { devicesUsed: 1 }, activationState: { device } }
const oneDevice = { maxDevices: 1 }

test.each<[string, KeygenCode, string, LicenseScene, Partial<KeygenRequest>]>([
  ['a license without requirements', 'VALID', 'is valid', {}, {}],
  ['an activated device', 'VALID', 'is valid', active, mac],
  ['a revoked license', 'NOT_FOUND', 'does not exist', { facts: { revokedAtMs: startMs } }, mac],
  ['a suspended license', 'SUSPENDED', 'is suspended', { facts: { suspendedAtMs: startMs } }, mac],
  [
    'an expired license',
    'EXPIRED',
    'is expired',
    { ...active, facts: { expiresAtMs: startMs, endsAtMs: nowMs } },
    mac,
  ],
  [
    'a license in its grace period',
    'VALID',
    'is valid',
    { ...active, facts: { expiresAtMs: startMs, endsAtMs: nowMs + 1 } },
    mac,
  ],
  [
    'a feature that the license does not include',
    'ENTITLEMENTS_MISSING',
    'is missing one or more required entitlements',
    { terms: { features: { SSO: false } } },
    { entitlements: ['SSO'] },
  ],
  [
    'a feature that it includes',
    'VALID',
    'is valid',
    { terms: { features: { SSO: true } } },
    { entitlements: ['SSO'] },
  ],
  [
    'a plan that requires a device, and a request without one',
    'FINGERPRINT_SCOPE_REQUIRED',
    'fingerprint scope is required',
    { terms: { requireFingerprint: true } },
    {},
  ],
  [
    'a license for one device that has none',
    'NO_MACHINE',
    'fingerprint is not activated (has no associated machine)',
    { terms: oneDevice },
    mac,
  ],
  [
    'a license for several devices that has none',
    'NO_MACHINES',
    'fingerprint is not activated (has no associated machines)',
    { terms: { maxDevices: 5 } },
    mac,
  ],
  [
    'a license without a limit that has no device',
    'NO_MACHINES',
    'fingerprint is not activated (has no associated machines)',
    { terms: { maxDevices: null } },
    mac,
  ],
  [
    'another device than the activated one',
    'FINGERPRINT_SCOPE_MISMATCH',
    'fingerprint is not activated (does not match any associated machines)',
    { terms: { maxDevices: 5 }, facts: { devicesUsed: 1 } },
    { fingerprint: 'mac-2' },
  ],
  [
    'another device when the limit is reached',
    'FINGERPRINT_SCOPE_MISMATCH',
    'fingerprint is not activated (does not match any associated machines)',
    { terms: oneDevice, facts: { devicesUsed: 1 } },
    { fingerprint: 'mac-2' },
  ],
  [
    'an ID of no machine',
    'MACHINE_SCOPE_MISMATCH',
    'machine is not activated (does not match any associated machines)',
    { facts: { devicesUsed: 1 } },
    { isUnknownMachine: true },
  ],
  [
    'an ID of no machine, and a license without one',
    'NO_MACHINES',
    'machine is not activated (has no associated machines)',
    {},
    { isUnknownMachine: true },
  ],
  [
    'a plan that requires a domain',
    'POLICY_SCOPE_MISMATCH',
    'This license is bound to domains: send the domain that the app runs on.',
    { terms: { requireDomain: true } },
    {},
  ],
])('Keygen: %s is %s', (_title, code, detail, scene, request) => {
  const { result } = decide(scene, request)
  expect(result).toMatchObject({ code, detail, valid: code === 'VALID' })
  expect(result.verdict.valid).toBe(result.valid)
})

test('Keygen: a validation never activates a device, even if the plan activates automatically', () => {
  const { result, changes } = decide({ terms: { activation: 'automatic', maxDevices: 5 } }, mac)
  expect(result.code).toBe('NO_MACHINES')
  expect(changes).toEqual([])
})

test('Keygen: the first valid validation marks the first use of the license', () => {
  const { events } = decide(active, mac)
  expect(events.map(({ type }) => type)).toEqual(['license.activated'])
})

test('Keygen: the state of the license comes before a scope that does not match', () => {
  const mismatch = findScopeMismatch({ product: 'other' }, identity)
  expect(decide({}, { mismatch }).result.code).toBe('PRODUCT_SCOPE_MISMATCH')
  const suspended = { facts: { suspendedAtMs: startMs } }
  expect(decide(suspended, { mismatch }).result.code).toBe('SUSPENDED')
})

test.each<[string, KeygenScope, KeygenCode | null]>([
  ['nothing', {}, null],
  ['its product', { product: 'product-1' }, null],
  ['another product', { product: 'product-2' }, 'PRODUCT_SCOPE_MISMATCH'],
  ['an empty product, as some SDKs send', { product: '' }, 'PRODUCT_SCOPE_MISMATCH'],
  ['its policy', { policy: 'policy-1' }, null],
  ['another policy', { policy: 'policy-2' }, 'POLICY_SCOPE_MISMATCH'],
  ['its user', { user: 'user-1' }, null],
  ['its email address in another case', { user: 'Ada@Example.com' }, null],
  ['another user', { user: 'bob@example.com' }, 'USER_SCOPE_MISMATCH'],
  ['no user, although it has one', { user: null }, 'USER_SCOPE_MISMATCH'],
  ['no environment', { environment: null }, null],
  ['an environment', { environment: 'sandbox' }, 'ENVIRONMENT_SCOPE_MISMATCH'],
  ['an empty list of entitlements', { entitlements: [] }, 'ENTITLEMENTS_SCOPE_EMPTY'],
  ['an empty list of fingerprints', { fingerprints: [] }, 'FINGERPRINT_SCOPE_EMPTY'],
  [
    'components without a fingerprint',
    { components: ['cpu'], fingerprints: ['mac-1'] },
    'FINGERPRINT_SCOPE_REQUIRED',
  ],
  [
    'an empty list of components',
    { components: [], fingerprints: ['mac-1'], hasFingerprint: true },
    'COMPONENTS_SCOPE_EMPTY',
  ],
  [
    'components of a device',
    { components: ['cpu'], fingerprints: ['mac-1'], hasFingerprint: true },
    null,
  ],
])('Keygen: a scope is compared with the license: %s', (_title, scope, code) => {
  expect(findScopeMismatch(scope, identity)?.code ?? null).toBe(code)
})

test('Keygen: a license without a customer matches a scope without a user', () => {
  const nobody = { ...identity, userId: null, email: null }
  expect(findScopeMismatch({ user: null }, nobody)).toBeNull()
  expect(findScopeMismatch({ user: 'user-1' }, nobody)?.code).toBe('USER_SCOPE_MISMATCH')
})
