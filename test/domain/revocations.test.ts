import { expect, test } from 'bun:test'
import type { EventType } from '~/domain/events.ts'
import { eventTypes } from '~/domain/events.ts'
import { planDefaults } from '~/domain/plan-defaults.ts'
import { deriveRevocations, getLeasesUntilMs } from '~/domain/revocations.ts'
import { aDevice, aLicenseState, startMs } from '../support/samples.ts'

const DAY_MS = 86_400_000

const activation = aDevice(aLicenseState(), 'machine')
const derive = (type: EventType, nowMs = startMs) =>
  deriveRevocations([{ type, licenseId: 'lic_a', activation }], nowMs)

test.each([
  ['license.revoked', 'lic_a', 6000],
  ['license.suspended', 'lic_a', 6000],
  ['activation.deleted', activation.id, 6000],
  ['license.reinstated', 'lic_a', -startMs],
] as const)('revocations: %s is an entry of the feed', (type, id, afterMs) => {
  expect(derive(type)).toEqual([{ licenseId: 'lic_a', id, beforeMs: startMs + afterMs }])
})

test('revocations: no other event is an entry of the feed', () => {
  expect(eventTypes.filter((type) => derive(type).length > 0).sort()).toEqual([
    'activation.deleted',
    'license.reinstated',
    'license.revoked',
    'license.suspended',
  ])
})

test.each([
  [0, 6000],
  [1, 6000],
  [999, 6000],
  [1000, 7000],
])(
  'revocations: a token that is issued up to five seconds after %d ms is void as well',
  (ms, beforeMs) => {
    expect(derive('license.revoked', ms)).toMatchObject([{ beforeMs }])
  },
)

test.each([
  [1, 30],
  [30, 30],
  [31, 31],
  [3650, 3650],
])('revocations: with a hard limit of %d days, leases work for up to %d days', (hardDays, days) => {
  const offline = { refreshDays: 1, validDays: 1, hardDays, fileDays: null }
  expect(getLeasesUntilMs({ ...planDefaults, offline }, startMs)).toBe(startMs + days * DAY_MS)
})

test('revocations: a plan without offline terms has no leases', () => {
  expect(getLeasesUntilMs({ offline: null }, startMs)).toBe(0)
})
