import { expect, test } from 'bun:test'
import { checkPlanTerms, planDefaults } from '~/domain/plans.ts'

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
    seatLeaseSeconds: 300,
    selfDeactivation: true,
    evictIdleDays: null,
    deactivationsMaxPer30Days: null,
    sharing: null,
    archivedAtMs: null,
  })
})

test('plans: an invalid free domain pattern is rejected and pointed at', () => {
  const check = (...freeDomainPatterns: string[]) => checkPlanTerms({ freeDomainPatterns })
  expect(() => check()).not.toThrow()
  expect(() => check('staging.*', 'dev-*.*', '*.preview.*')).not.toThrow()
  for (const pattern of ['', '*', 'staging', 'staging.com', 'Staging.*', '.*', 'a..*', '**.*']) {
    expect(() => check('staging.*', pattern)).toThrow(
      expect.objectContaining({
        kind: 'validation_failed',
        errors: [expect.objectContaining({ pointer: '/free_domain_patterns/1' })],
      }),
    )
  }
})
