import { expect, test } from 'bun:test'
import { offlineDefaults } from '~/domain/plan-defaults.ts'
import { listNotices } from '~/domain/plan-notices.ts'
import { presentNotice } from '~/web/admin/plans/notice-texts.ts'
import { aPlan } from '../support/samples.ts'

const limits = { maxDomains: 1, maxDevices: 1, maxSeats: 1, borrowDaysMax: 31 }
const sharing = { countriesPerDay: 5, devicesPerDay: 5, domainsPerDay: 5 }
const offline = { ...offlineDefaults, refreshDays: 2 }

const plans = [
  { ...limits, sharing, offline, evictIdleDays: 1, activation: 'explicit' as const },
  { evictIdleDays: 1, deactivationsMaxPer30Days: 1, selfDeactivation: false },
  { borrowDaysMax: 1, offline: null },
]
const notices = new Set(plans.flatMap((terms) => listNotices(aPlan(terms))))

test.each([...notices])('the dashboard names no field of the API in the notice "%s"', (notice) => {
  expect(presentNotice(notice)).not.toMatch(/_[a-z]|\bnull\b|\bfalse\b|^[a-z]/)
})

test('a notice of a plan names the fields of the form', () => {
  const [notice = ''] = listNotices(aPlan({ maxDevices: 2, offline: null }))
  expect(presentNotice(notice)).toBe(
    '“Devices” does not limit apps that validate without a fingerprint. Set “Require a device fingerprint” to enforce it.',
  )
})
