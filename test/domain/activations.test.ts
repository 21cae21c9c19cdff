import { describe, expect, test } from 'bun:test'
import {
  type Activation,
  type Admission,
  admitDevice,
  admitDomain,
  getCoveringRoot,
  getCoveringValues,
  noActivationState,
  removeActivation,
  replaceActivation,
} from '~/domain/activations.ts'
import { DAY_MS } from '~/domain/times.ts'
import {
  aDevice,
  aDomain,
  aHost,
  aLicense,
  aLicenseState,
  aPlan,
  type LicenseScene,
  startMs,
} from '../support/samples.ts'

const plan = aPlan()
const license = aLicense(plan)
const snapshot = { license, plan }
const nowMs = startMs + 100 * DAY_MS

const unseenFor = (activation: Activation, durationMs: number): Activation => ({
  ...activation,
  lastSeenAtMs: nowMs - durationMs,
})
const idleFor = (durationMs: number) => ({
  idleDomain: unseenFor(aDomain(snapshot, 'idle.io'), durationMs),
  idleDevice: unseenFor(aDevice(snapshot, 'idle'), durationMs),
})

describe('admitDomain', () => {
  const known = { domain: aDomain(snapshot, 'example.com') }
  const full = { maxDomains: 1 } as const
  const patterned = { maxDomains: 1, freeDomainPatterns: ['staging.*', '*.wpengine.com'] }
  const besideSlot = (host: string) => ({
    slots: [aDomain({ license: aLicense(), plan: aPlan() }, host)],
  })
  const beside = besideSlot('example.com')
  const admissions: [Admission, title: string, host: string, LicenseScene][] = [
    ['active', 'an activated domain', 'example.com', { activationState: known }],
    [
      'active',
      'an activated domain above a lowered limit',
      'example.com',
      {
        terms: { maxDomains: 0 },
        facts: { domainsUsed: 5 },
        activationState: known,
      },
    ],
    ['active', 'a development domain with a slot', 'app.test', { activationState: known }],
    ['development', 'a development domain', 'localhost', { terms: { maxDomains: 0 } }],
    [
      'slot',
      'a development domain on a plan that counts them',
      'localhost',
      {
        terms: { developmentDomainsFree: false },
      },
    ],
    [
      'full',
      'a development domain on a full plan that counts them',
      '127.0.0.1',
      {
        terms: { developmentDomainsFree: false, maxDomains: 0 },
      },
    ],
    ['slot', 'a domain while a slot is free', 'example.com', { terms: full }],
    ['slot', 'a domain without a limit', 'example.com', { facts: { domainsUsed: 10_000 } }],
    [
      'full',
      'a domain while no slot is free',
      'example.com',
      { terms: full, facts: { domainsUsed: 1 } },
    ],
    ['full', 'a domain with a limit of 0', 'example.com', { terms: { maxDomains: 0 } }],
    [
      'full',
      'a domain above a lowered limit',
      'example.com',
      { terms: full, facts: { domainsUsed: 5 } },
    ],
    [
      'slot',
      'a domain of a license that overrides its plan',
      'example.com',
      {
        terms: { maxDomains: 0 },
        facts: { overrides: { maxDomains: 1 } },
      },
    ],
    [
      'free',
      'a pattern host beside a domain with a slot',
      'staging.example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: beside,
      },
    ],
    [
      'full',
      'a pattern host beside no other domain',
      'staging.example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
      },
    ],
    [
      'full',
      'a pattern host when all free domains and slots are used up',
      'staging.example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1, freeDomainsUsed: 3 },
        activationState: beside,
      },
    ],
    [
      'slot',
      'a pattern host when only the free domains are used up',
      'staging.example.com',
      {
        terms: { ...patterned, maxDomains: null },
        facts: { domainsUsed: 2, freeDomainsUsed: 6 },
        activationState: beside,
      },
    ],
    [
      'free',
      'a host with a free suffix, beside no other domain',
      'shop.wpengine.com',
      { terms: { ...patterned, maxDomains: 0 }, facts: { freeDomainsUsed: 2 } },
    ],
    [
      'full',
      'a host with a free suffix when the free domains are used up',
      'shop.wpengine.com',
      { terms: { ...patterned, maxDomains: 0 }, facts: { freeDomainsUsed: 3 } },
    ],
    [
      'slot',
      'a site whose staging host holds the only slot',
      'example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: besideSlot('staging.example.com'),
      },
    ],
    [
      'full',
      'a site whose staging host holds the only slot, when the free domains are used up',
      'example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1, freeDomainsUsed: 3 },
        activationState: besideSlot('staging.example.com'),
      },
    ],
    [
      'full',
      'another site than that of the staging host',
      'example.org',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: besideSlot('staging.example.com'),
      },
    ],
    [
      'full',
      'a site of a license above a lowered limit, even if its staging host gives up its slot',
      'example.com',
      {
        terms: { ...patterned, evictIdleDays: 1 },
        facts: { domainsUsed: 2 },
        activationState: besideSlot('staging.example.com'),
      },
    ],
    [
      'full',
      'a host that only resembles a pattern',
      'stagingcorp.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: beside,
      },
    ],
  ]

  test.each(admissions)(
    'domains: the admission is %s for %s (%s)',
    (admission, _title, host, scene) => {
      expect(admitDomain(aLicenseState(scene), aHost(host), nowMs)).toBe(admission)
    },
  )
})

describe('admitDevice', () => {
  test('devices: admitted if activated or while a slot is free', () => {
    const terms = { maxDevices: 2 }
    const admit = (scene: LicenseScene) => admitDevice(aLicenseState({ terms, ...scene }), nowMs)
    const device = aDevice(snapshot, 'machine')
    expect(admit({ facts: { devicesUsed: 2 }, activationState: { device } })).toBe('active')
    expect(admit({ facts: { devicesUsed: 1 } })).toBe('slot')
    expect(admit({ facts: { devicesUsed: 2 } })).toBe('full')
    expect(admit({ terms: {}, facts: { devicesUsed: 9 } })).toBe('slot')
  })
})

describe('eviction', () => {
  const terms = { maxDomains: 2, maxDevices: 2, evictIdleDays: 30 }
  const facts = { domainsUsed: 2, devicesUsed: 2 }
  const admit = (scene: LicenseScene) => {
    const state = aLicenseState({ terms, facts, ...scene })
    return [admitDomain(state, aHost('new.io'), nowMs), admitDevice(state, nowMs)]
  }

  test('eviction: possible once the activation is idle for the days of the plan', () => {
    expect(admit({ activationState: idleFor(30 * DAY_MS) })).toEqual(['evict', 'evict'])
    expect(admit({ activationState: idleFor(30 * DAY_MS - 1) })).toEqual(['full', 'full'])
  })

  test('eviction: none with a free slot, without eviction in the plan, or above a lowered limit', () => {
    const activationState = idleFor(90 * DAY_MS)
    const facts = { domainsUsed: 1, devicesUsed: 1 }
    expect(admit({ activationState, facts })).toEqual(['slot', 'slot'])
    expect(admit({ activationState, terms: { ...terms, evictIdleDays: null } })).toEqual([
      'full',
      'full',
    ])
    expect(admit({ activationState, terms: { ...terms, maxDomains: 1, maxDevices: 1 } })).toEqual([
      'full',
      'full',
    ])
  })
})

test('covering: a host is covered by itself or, with subdomains, by its root', () => {
  const host = aHost('www.app.example.co.uk')
  const exact = { domainMatch: 'exact' } as const
  const subdomains = { domainMatch: 'subdomains' } as const
  expect(getCoveringValues(host, exact)).toEqual(['app.example.co.uk'])
  expect(getCoveringRoot(host, exact)).toBeNull()
  expect(getCoveringValues(host, subdomains)).toEqual(['example.co.uk', 'app.example.co.uk'])
  expect(getCoveringRoot(host, subdomains)).toBe('example.co.uk')
  const address = aHost('192.0.2.1')
  expect(getCoveringValues(address, subdomains)).toEqual(['192.0.2.1'])
  expect(getCoveringRoot(address, subdomains)).toBeNull()
})

describe('replaceActivation', () => {
  const old = aDomain(snapshot, 'example.com')
  const dependents = [aDomain(snapshot, 'staging.example.com', true)]
  const summarize = ({ changes, events }: ReturnType<typeof replaceActivation>) => [
    changes.map((change) => [change.type, 'activation' in change && change.activation.value]),
    events.map(({ type, activation }) => [type, activation?.value]),
  ]

  test('replacing deletes the old activation and its dependents first, with an event for each', () => {
    const writes = replaceActivation({ dependents }, old, aDomain(snapshot, 'example.org'))
    expect(summarize(writes)).toEqual([
      [
        ['activation.delete', 'example.com'],
        ['activation.delete', 'staging.example.com'],
        ['activation.create', 'example.org'],
      ],
      [
        ['activation.deleted', 'example.com'],
        ['activation.deleted', 'staging.example.com'],
        ['activation.created', 'example.org'],
      ],
    ])
  })

  test('replacing keeps the dependents if the new activation holds a slot of the same root', () => {
    const sibling = aDomain(snapshot, 'app.example.com')
    expect(replaceActivation({ dependents }, old, sibling).changes).toHaveLength(2)
    const free = aDomain(snapshot, 'dev.example.com', true)
    expect(replaceActivation({ dependents }, old, free).changes).toHaveLength(3)
  })

  test('replacing and removing ignore free domains of another root', () => {
    const machine = aDevice(snapshot, 'machine')
    expect(
      replaceActivation({ dependents }, machine, aDevice(snapshot, 'new')).changes,
    ).toHaveLength(2)
    expect(removeActivation(machine, dependents).changes).toHaveLength(1)
    expect(removeActivation(aDomain(snapshot, '192.0.2.1'), dependents).changes).toHaveLength(1)
  })

  test('replacing nothing only creates the activation', () => {
    expect(summarize(replaceActivation(noActivationState, null, old))).toEqual([
      [['activation.create', 'example.com']],
      [['activation.created', 'example.com']],
    ])
  })
})
