import { expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import { DAY_MS } from '~/domain/times.ts'
import { refuse, type VerdictError } from '~/domain/verdicts.ts'
import {
  presentBatch,
  presentPortalLicense,
  toScopes,
} from '~/wire/compat/trafficorchestrator-portal.ts'
import { presentApiError, presentRefusal } from '~/wire/compat/trafficorchestrator-verdicts.ts'
import { aLicense, aPlan, startMs } from '../../support/samples.ts'

test.each([
  ['LICENSE_NOT_FOUND', 'LICENSE_NOT_FOUND'],
  ['LICENSE_KEY_MALFORMED', 'LICENSE_NOT_FOUND'],
  ['LICENSE_REVOKED', 'LICENSE_REVOKED'],
  ['LICENSE_SUSPENDED', 'LICENSE_SUSPENDED'],
  ['LICENSE_EXPIRED', 'LICENSE_EXPIRED'],
  ['DOMAIN_REQUIRED', 'DOMAIN_REQUIRED'],
  ['DOMAIN_INVALID', 'DOMAIN_MISMATCH'],
  ['DOMAIN_NOT_ACTIVATED', 'DOMAIN_MISMATCH'],
  ['DOMAIN_LIMIT_REACHED', 'DOMAIN_MISMATCH'],
  ['FINGERPRINT_REQUIRED', 'FINGERPRINT_REQUIRED'],
] satisfies [VerdictError, string][])('Traffic Orchestrator: apps see %s as %s', (error, code) => {
  const message = 'A sentence.'
  const expected = { valid: false, message, error: message, code, reason: error }
  expect(presentRefusal(refuse(error, message))).toEqual(expected)
})

test.each([
  ['rate_limited', {}, 'QUOTA_EXCEEDED'],
  ['unauthorized', {}, 'UNAUTHORIZED'],
  ['refused', { code: 'DOMAIN_LIMIT_REACHED' }, 'DOMAIN_LIMIT_REACHED'],
] as const)(
  'Traffic Orchestrator: a failure of the kind %s with %p gets %s',
  (kind, extras, code) => {
    const fault = new Fault(kind, 'A sentence.', extras)
    const expected = { error: 'A sentence.', code, request_id: 'r-1' }
    expect(presentApiError(fault, 'r-1')).toEqual(expected)
  },
)

test('Traffic Orchestrator: an error of our own says nothing about its cause', () => {
  const expected = { error: 'Internal server error', code: 'INTERNAL_ERROR', request_id: 'r-1' }
  expect(presentApiError(null, 'r-1')).toEqual(expected)
})

test.each([
  ['active', {}],
  ['suspended', { suspendedAtMs: startMs }],
  ['expired', { expiresAtMs: startMs, endsAtMs: startMs }],
  ['revoked', { revokedAtMs: startMs }],
])('Traffic Orchestrator: a license that is %s has this status in the portal', (status, facts) => {
  const license = { ...aLicense(), ...facts }
  const usage = { validationCount: 0, lastValidatedAtMs: null }
  const record = { license, plan: aPlan(), domains: ['a.io'], usage, purchase: null }
  const shown = presentPortalLicense(record, 'LK-1', startMs + DAY_MS)
  expect(shown).toMatchObject({ status, license_key: 'LK-1', domains: ['a.io'] })
})

test.each([
  [['read'], ['licenses:read', 'plans:read', 'usage:read', 'events:read', 'webhooks:read']],
  [['write'], ['licenses:read', 'licenses:write']],
  [['admin'], ['*']],
  [
    ['licenses:reveal', 'write'],
    ['licenses:reveal', 'licenses:read', 'licenses:write'],
  ],
  [['unknown'], ['unknown']],
])('Traffic Orchestrator: the scopes %p stand for %p', (words, scopes) => {
  expect(toScopes(words)).toEqual(scopes)
})

test('Traffic Orchestrator: a batch counts what succeeded and what failed', () => {
  const outcomes = [
    { licenseId: 'a', error: null },
    { licenseId: 'b', error: 'No such license.' },
  ]
  expect(presentBatch('suspend', outcomes)).toEqual({
    action: 'suspend',
    processed: 2,
    succeeded: 1,
    failed: 1,
    results: [
      { licenseId: 'a', success: true },
      { licenseId: 'b', success: false, error: 'No such license.' },
    ],
  })
})
