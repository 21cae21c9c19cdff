import { expect, test } from 'bun:test'
import { listNotices } from '~/domain/plan-notices.ts'
import type { PlanTerms } from '~/domain/plans.ts'
import { aPlan } from '../support/samples.ts'

const perDay = { countriesPerDay: 5, devicesPerDay: null, domainsPerDay: null }

test.each<[Partial<PlanTerms>, RegExp[]]>([
  [{}, []],
  [{ maxDomains: 3 }, [/^max_domains does not limit .* Set require_domain/]],
  [{ maxDomains: 0 }, [/^max_domains/]],
  [{ maxDomains: 3, requireDomain: true }, []],
  [{ maxDevices: 3 }, [/^max_devices does not limit .* Set require_fingerprint/]],
  [{ maxDevices: 3, requireDomain: true }, [/^max_devices/]],
  [{ maxDevices: 3, requireFingerprint: true }, []],
  [{ maxDomains: 1, maxDevices: 1 }, [/^max_domains/, /^max_devices/]],
  [{ maxSeats: 5 }, [/^max_seats limits only apps that call \/seats\/acquire/]],
  [{ activation: 'explicit' }, [/^activation "explicit"/]],
  [{ activation: 'explicit', requireFingerprint: true }, []],
  [{ evictIdleDays: 30 }, [/^evict_idle_days has no effect/]],
  [{ evictIdleDays: 30, maxDevices: 1, requireFingerprint: true }, []],
  [{ deactivationsMaxPer30Days: 2 }, []],
  [{ deactivationsMaxPer30Days: 2, selfDeactivation: false }, [/^deactivations_max_per_30_days/]],
  [{ sharing: perDay }, []],
  [{ sharing: { ...perDay, devicesPerDay: 3 } }, [/^sharing.devices_per_day/]],
  [{ sharing: { ...perDay, domainsPerDay: 3 } }, [/^sharing.domains_per_day/]],
  [{ sharing: { ...perDay, domainsPerDay: 3 }, requireDomain: true }, []],
])('notices: %o', (terms, expected) => {
  const notices = listNotices(aPlan(terms))
  expect(notices).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
})
