import { expect, test } from 'bun:test'
import { offlineDefaults, planDefaults } from '~/domain/plan-defaults.ts'
import { normalizePlan, type OfflineTerms } from '~/domain/plans.ts'
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
    offline: { refreshDays: 1, validDays: 7, hardDays: 30, fileDays: 365 },
    borrowDaysMax: 0,
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

test.each<[Partial<OfflineTerms>, string | null]>([
  [{}, null],
  [{ refreshDays: 7, validDays: 7, hardDays: 7 }, null],
  [{ fileDays: null }, null],
  [{ fileDays: 1 }, null],
  [{ refreshDays: 8 }, '/offline/valid_days'],
  [{ validDays: 31 }, '/offline/hard_days'],
  [{ refreshDays: 40, validDays: 31 }, '/offline/valid_days'],
  [{ hardDays: 6 }, '/offline/hard_days'],
])('plans: offline terms with %o are rejected at %p', (terms, pointer) => {
  const plan = aPlan({ offline: { ...offlineDefaults, ...terms } })
  const errors = [expect.objectContaining({ pointer })]
  if (pointer === null) expect(normalizePlan(plan)).toEqual(plan)
  else expect(() => normalizePlan(plan)).toThrow(expect.objectContaining({ errors }))
})
