import { expect, test } from 'bun:test'
import type { LicenseTerms } from '~/domain/licenses.ts'
import { offlineDefaults } from '~/domain/plan-defaults.ts'
import { type EdgeFacts, parseFacts, presentFacts } from '~/wire/edge-facts.ts'
import { aDevice, aDomain, aLicense, aPlan, startMs } from '../support/samples.ts'

const sharing = { countriesPerDay: 5, devicesPerDay: null, domainsPerDay: 7 }
const features = { sso: true, max_users: 5, camelCase: 'as it is' }

/** Returns the terms of a license, as a cache keeps them. */
function termsOf(facts: Parameters<typeof aLicense>[1] = {}, plan = aPlan()): LicenseTerms {
  const license = aLicense(plan, { ...facts, keyHash: 'hash' })
  const { id, keyHash, planSlug, productSlug, overrides, pendingDays, termStartedAtMs } = license
  const { expiresAtMs, endsAtMs, activatedAtMs, suspendedAtMs, revokedAtMs } = license
  const { domainsUsed, freeDomainsUsed, devicesUsed, limitNotices } = license
  const times = { termStartedAtMs, expiresAtMs, endsAtMs, activatedAtMs, suspendedAtMs }
  const counts = { domainsUsed, freeDomainsUsed, devicesUsed, limitNotices }
  const terms = { id, keyHash, planSlug, productSlug, overrides, pendingDays }
  return { ...terms, ...times, revokedAtMs, ...counts }
}

function factsWith(given: Partial<EdgeFacts> = {}): EdgeFacts {
  const base = { position: '0123456789abcdef.12', domain: null, device: null }
  return { ...base, license: termsOf(), plan: aPlan(), ...given }
}

const plan = aPlan({ sharing, offline: { ...offlineDefaults, fileDays: null }, features })
const snapshot = { license: aLicense(plan), plan }
const device = { ...aDevice(snapshot, 'device-1'), name: 'Ada’s laptop', country: 'DE' }

test.each([
  ['a license without anything special', factsWith()],
  ['a plan with all of its terms', factsWith({ plan })],
  ['activations', factsWith({ domain: aDomain(snapshot, 'example.com'), device })],
  [
    'overrides that are null, which differ from absent ones',
    factsWith({ license: termsOf({ overrides: { maxDomains: null, maxSeats: 3, features } }) }),
  ],
  [
    'times and counts',
    factsWith({
      license: termsOf({
        expiresAtMs: startMs + 1,
        endsAtMs: startMs + 2,
        activatedAtMs: 1,
        suspendedAtMs: 2,
        revokedAtMs: 3,
        domainsUsed: 4,
        freeDomainsUsed: 5,
        devicesUsed: 6,
        pendingDays: 7,
        limitNotices: { domains: 8, sharing: 9 },
      }),
    }),
  ],
])('edge facts: %s are the same after the way through JSON', (_title, facts) => {
  const text = JSON.stringify(presentFacts(facts))
  expect(text).not.toContain('hash')
  expect(parseFacts(JSON.parse(text), 'hash')).toStrictEqual(facts)
})

test('edge facts: those in another format are not used', () => {
  const view = presentFacts(factsWith())
  for (const body of [{ ...view, format: 2 }, { ...view, format: '1' }, {}, null, 'facts', []]) {
    expect(parseFacts(body, 'hash')).toBeNull()
  }
})
