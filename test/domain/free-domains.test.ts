import { expect, test } from 'bun:test'
import {
  getFreeDomainsMax,
  listReleased,
  matchFreePatterns,
  parseFreeDomainPattern,
} from '~/domain/free-domains.ts'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import vectors from '../../sdks/conformance/vectors/free-domains.json'
import { aDomain, aHost, aLicense, aPlan } from '../support/samples.ts'

test.each(vectors.patterns)('free domain vectors: $text is read as $pattern', (vector) => {
  expect(parseFreeDomainPattern(vector.text)).toBe(vector.pattern)
  const { pattern } = vector
  if (pattern !== null) expect(parseFreeDomainPattern(pattern)).toBe(pattern)
})

test.each(vectors.matches)('free domain vectors: $pattern frees $host: $free', (vector) => {
  const pattern = parseFreeDomainPattern(vector.pattern) ?? ''
  const match = (freeDomainPatterns: readonly string[]) =>
    matchFreePatterns(aPlan({ freeDomainPatterns }), aHost(vector.host)) as string | null
  expect(match([pattern])).toBe(vector.free)
  expect(match(['never-*.*', pattern, '*.never.example.com'])).toBe(vector.free)
  expect(match([])).toBeNull()
})

test('free domains: the budget counts per activated domain, and is there before the first', () => {
  const budgets = [0, 1, 2, 5].map((used) => getFreeDomainsMax(aPlan(), used))
  expect(budgets).toEqual([3, 3, 6, 15])
  expect(getFreeDomainsMax(aPlan({ freeDomainsPerDomain: 0 }), 5)).toBe(0)
})

const freeDomainPatterns = ['staging.*', 'dev.*', '*.wpengine.com']

/** The domains that give up their slots when `host` takes one. */
function released(
  host: string,
  slotHosts: readonly string[],
  terms: Partial<Plan> = {},
  facts: Partial<License> = {},
) {
  const plan = aPlan({ freeDomainPatterns, ...terms })
  const license = aLicense(plan, { domainsUsed: slotHosts.length, ...facts })
  const slots = slotHosts.map((value) => aDomain({ license, plan }, value))
  const state = { license, plan, slots }
  return listReleased(state, aHost(host), slotHosts.length + 1).map(({ value }) => value)
}

test.each([
  ['a staging host of the site', 'site.com', ['staging.site.com'], ['staging.site.com']],
  ['all staging hosts of the site', 'site.com', ['staging.site.com', 'dev.site.com'], 'all'],
  ['those of another host of the site', 'shop.site.com', ['staging.site.com'], 'all'],
  ['no staging host of another site', 'other.com', ['staging.site.com'], []],
  ['a staging host whose site is active', 'b.io', ['staging.a.io', 'a.io'], ['staging.a.io']],
  ['a host of a provider', 'site.com', ['shop.wpengine.com'], ['shop.wpengine.com']],
  ['no site', 'shop.site.com', ['site.com', 'data.io'], []],
  ['no host that only resembles a pattern', 'stagingcorp.com', ['my.stagingcorp.com'], []],
] as const)('free domains: a new slot releases %s', (_what, host, slotHosts, expected) => {
  expect(released(host, slotHosts)).toEqual(expected === 'all' ? [...slotHosts] : [...expected])
})

test('free domains: no more slots are released than there is room for free domains', () => {
  const staging = ['staging.site.com', 'dev.site.com', 'a.wpengine.com', 'b.wpengine.com']
  expect(released('site.com', staging, { freeDomainsPerDomain: 2 })).toHaveLength(3)
  expect(released('site.com', staging, { freeDomainsPerDomain: 1 })).toHaveLength(2)
  expect(released('site.com', staging, { freeDomainsPerDomain: 0 })).toEqual([])
  expect(released('site.com', ['dev.site.com'], {}, { freeDomainsUsed: 3 })).toEqual([])
  expect(released('site.com', ['dev.site.com'], {}, { freeDomainsUsed: 2 })).toHaveLength(1)
})

test('free domains: a plan without patterns releases nothing', () => {
  expect(released('site.com', ['staging.site.com'], { freeDomainPatterns: [] })).toEqual([])
})
