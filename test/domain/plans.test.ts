import { expect, test } from 'bun:test'
import { normalizePlan, planDefaults } from '~/domain/plans.ts'
import { aPlan } from '../support/samples.ts'

test('plans: omitted fields get the documented defaults', () => {
  expect(planDefaults).toEqual({
    features: {},
    maxDomains: null,
    maxDevices: null,
    maxSeats: null,
    durationDays: null,
    startsOn: 'creation',
    graceDays: 0,
    activation: 'automatic',
    requireDomain: false,
    requireFingerprint: false,
    domainMatch: 'exact',
    developmentDomainsFree: true,
    freeDomainPatterns: [],
    freeDomainsPerDomain: 3,
    seatLeaseSeconds: 300,
    selfDeactivation: true,
    evictIdleDays: null,
    deactivationsMaxPer30Days: null,
    sharing: null,
    archivedAtMs: null,
  })
})

test('plans: free domain patterns are normalized, and an invalid one is pointed at', () => {
  const normalize = (...freeDomainPatterns: string[]) =>
    normalizePlan(aPlan({ freeDomainPatterns })).freeDomainPatterns
  expect(normalize()).toEqual([])
  expect(normalize('Staging.*', '*.WPEngine.com')).toEqual(['staging.*', '*.wpengine.com'])
  expect(() => normalize('staging.*', 'staging')).toThrow(
    expect.objectContaining({
      kind: 'validation_failed',
      errors: [expect.objectContaining({ pointer: '/free_domain_patterns/1' })],
    }),
  )
})
