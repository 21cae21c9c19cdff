import { expect, test } from 'bun:test'
import { offlineDefaults } from '~/domain/plan-defaults.ts'
import { listNotices } from '~/domain/plan-notices.ts'
import type { PlanTerms } from '~/domain/plans.ts'
import { aPlan } from '../support/samples.ts'

/** Half of the cases are about plans whose apps always need the server. */
const online = { offline: null }
const offline = { offline: offlineDefaults, deactivationsMaxPer30Days: 3 }
const devices = { maxDevices: 3, requireFingerprint: true }
const perDay = { countriesPerDay: 5, devicesPerDay: null, domainsPerDay: null }

test.each<[Partial<PlanTerms>, RegExp[]]>([
  [{}, []],
  [{ ...online, maxDomains: 3 }, [/^max_domains does not limit .* Set require_domain/]],
  [{ ...online, maxDomains: 0 }, [/^max_domains/]],
  [{ ...online, maxDomains: 3, requireDomain: true }, []],
  [{ ...online, maxDevices: 3 }, [/^max_devices does not limit .* Set require_fingerprint/]],
  [{ ...online, maxDevices: 3, requireDomain: true }, [/^max_devices/]],
  [{ ...online, maxDevices: 3, requireFingerprint: true }, []],
  [{ ...online, maxDomains: 1, maxDevices: 1 }, [/^max_domains/, /^max_devices/]],
  [{ maxSeats: 5 }, [/^max_seats limits only apps that call \/seats\/acquire/]],
  [{ activation: 'explicit' }, [/^activation "explicit"/]],
  [{ activation: 'explicit', requireFingerprint: true }, []],
  [{ evictIdleDays: 30 }, [/^evict_idle_days has no effect/]],
  [{ ...online, evictIdleDays: 30, maxDevices: 1, requireFingerprint: true }, []],
  [{ deactivationsMaxPer30Days: 2 }, []],
  [{ deactivationsMaxPer30Days: 2, selfDeactivation: false }, [/^deactivations_max_per_30_days/]],
  [{ sharing: perDay }, []],
  [{ sharing: { ...perDay, devicesPerDay: 3 } }, [/^sharing.devices_per_day/]],
  [{ sharing: { ...perDay, domainsPerDay: 3 } }, [/^sharing.domains_per_day/]],
  [{ sharing: { ...perDay, domainsPerDay: 3 }, requireDomain: true }, []],
  [{ sharing: perDay, offline: { ...offlineDefaults, refreshDays: 2 } }, [/^sharing counts/]],
  [{ ...devices }, [/^A domain or device that is deactivated/]],
  [{ maxDomains: 3, requireDomain: true }, [/^A domain or device that is deactivated/]],
  [{ ...devices, ...online }, []],
  [{ ...devices, ...offline }, []],
  [{ ...devices, selfDeactivation: false }, []],
  [{ ...devices, ...offline, evictIdleDays: 30 }, []],
  [{ ...devices, ...offline, evictIdleDays: 29 }, [/^evict_idle_days is shorter/]],
  [{ borrowDaysMax: 30 }, []],
  [{ borrowDaysMax: 31 }, [/^borrow_days_max exceeds/]],
  [{ borrowDaysMax: 1, offline: null }, [/^borrow_days_max only keeps/]],
  [{ borrowDaysMax: 1, maxSeats: 2 }, [/^max_seats/, /^A borrowed seat/]],
  [{ features: { text: 'x'.repeat(9988) } }, []],
  [{ features: { text: 'x'.repeat(9990) } }, [/^The features take more than 10000 bytes/]],
  [{ features: { text: '語'.repeat(3330) } }, [/^The features take/]],
  [{ features: { text: '語'.repeat(3330) }, offline: null }, []],
])('notices: %o', (terms, expected) => {
  const notices = listNotices(aPlan(terms))
  expect(notices).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
})
