import { expect, test } from 'bun:test'
import { buildLeaseTerms, hashFingerprint, listCoveredDomains, unbound } from '~/domain/offline.ts'
import { offlineDefaults } from '~/domain/plan-defaults.ts'
import type { Plan } from '~/domain/plans.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aDomain, aHost, aLicenseState, startMs } from '../support/samples.ts'

const origin = { feedPosition: 7, nonce: null, requestHash: null }
const NEVER = Number.POSITIVE_INFINITY

test.each<[endDays: number, seatDays: number, terms: object, expected: readonly number[]]>([
  [NEVER, NEVER, {}, [1, 7, 30]],
  [NEVER, NEVER, { refreshDays: 3, validDays: 3, hardDays: 3 }, [3, 3, 3]],
  [NEVER, NEVER, { hardDays: 3650 }, [1, 7, 3650]],
  [31, NEVER, {}, [1, 7, 30]],
  [10, NEVER, {}, [1, 7, 10]],
  [5, NEVER, {}, [1, 5, 5]],
  [0.5, NEVER, {}, [0.5, 0.5, 0.5]],
  [NEVER, 0.25, {}, [0.25, 0.25, 0.25]],
  [20, 10, {}, [1, 7, 10]],
  [10, 20, {}, [1, 7, 10]],
  [40, 50, {}, [1, 7, 30]],
])(
  'lease: with a license of %p days and a seat of %p days, terms of %o end after %p days',
  (endDays, seatDays, terms, expected) => {
    const toEnd = (days: number) => startMs + days * DAY_MS
    const endsAtMs = endDays === NEVER ? null : toEnd(endDays)
    const state = aLicenseState({ facts: { expiresAtMs: endsAtMs, endsAtMs } })
    const seat = seatDays === NEVER ? null : { id: 'seat_1', expiresAtMs: toEnd(seatDays) }
    const offline = { ...offlineDefaults, ...terms }
    const lease = buildLeaseTerms(state, offline, { ...unbound, seat }, origin, startMs)
    const { refreshAfterMs, validUntilMs, expiresAtMs } = lease
    expect([refreshAfterMs, validUntilMs, expiresAtMs]).toEqual(expected.map(toEnd))
    expect(lease).toMatchObject({ endsAtMs, seat, feedPosition: 7 })
  },
)

const subdomains = 'subdomains' as const
const site = ['example.com', '*.example.com']

test.each<[Plan['domainMatch'], host: string, activated: string | null, covered: string[]]>([
  ['exact', 'example.com', 'example.com', ['example.com']],
  ['exact', 'app.example.com', 'app.example.com', ['app.example.com']],
  ['exact', 'localhost', null, ['localhost']],
  [subdomains, 'example.com', 'example.com', site],
  [subdomains, 'a.b.example.com', 'example.com', site],
  [subdomains, 'blog.example.com', 'app.example.com', site],
  [subdomains, 'app.shop.github.io', 'shop.github.io', ['shop.github.io', '*.shop.github.io']],
  [subdomains, '203.0.113.7', '203.0.113.7', ['203.0.113.7']],
  [subdomains, 'app.example.com', null, ['app.example.com']],
  ['exact', '[::ffff:192.0.2.1]', null, ['192.0.2.1']],
  ['exact', '2001:db8:0::1', null, ['2001:db8::1']],
])(
  'lease: under %s, the host %s with the activation %p covers %p',
  (domainMatch, host, activated, covered) => {
    const state = aLicenseState({ terms: { domainMatch } })
    const activation = activated === null ? null : aDomain(state, activated)
    expect(listCoveredDomains(aHost(host), activation, state.plan)).toEqual(covered)
  },
)

test('lease: a free host covers only itself, even if its activation has the name of the whole domain', () => {
  const state = aLicenseState({ terms: { domainMatch: subdomains } })
  const activation = aDomain(state, 'example.com', true)
  const covered = listCoveredDomains(aHost('app.example.com'), activation, state.plan)
  expect(covered).toEqual(['app.example.com'])
})

test('lease: the hash of a fingerprint is its SHA-256 in base64url', () => {
  // FIPS 180-2, appendix B.1.
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(hashFingerprint('abc')).toBe(Buffer.from(digest, 'hex').toString('base64url'))
  expect(hashFingerprint('é')).not.toBe(hashFingerprint('e\u0301'))
})
