import { describe, expect, test } from 'bun:test'
import {
  type Activation,
  type ActivationState,
  admitDevice,
  admitDomain,
  coveringRoot,
  coveringValues,
  type DomainAdmission,
  freeActivation,
  type LicenseState,
  noActivationState,
  replaceActivation,
} from '~/domain/activations.ts'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aDevice, aDomain, aHost, aLicense, aPlan, startMs } from '../support/samples.ts'

const plan = aPlan()
const license = aLicense(plan)
const snapshot = { license, plan }
const nowMs = startMs + 100 * DAY_MS

interface Scene {
  readonly terms?: Partial<Plan>
  readonly facts?: Partial<License>
  readonly activationState?: Partial<ActivationState>
}

function subjectOf({ terms, facts, activationState }: Scene): LicenseState {
  const given = aPlan(terms)
  return { license: aLicense(given, facts), plan: given, ...noActivationState, ...activationState }
}

const unseenFor = (activation: Activation, durationMs: number): Activation => ({
  ...activation,
  lastSeenAtMs: nowMs - durationMs,
})
const idleFor = (durationMs: number) => ({
  idleDomain: unseenFor(aDomain(snapshot, 'idle.io'), durationMs),
  idleDevice: unseenFor(aDevice(snapshot, 'idle'), durationMs),
})

describe('a domain', () => {
  const known = { domain: aDomain(snapshot, 'example.com') }
  const full = { maxDomains: 1 } as const
  const patterned = { maxDomains: 1, freeDomainPatterns: ['staging.*'] }
  const beside = { isRootActivated: true }
  const admissions: [DomainAdmission, title: string, host: string, Scene][] = [
    ['active', 'that is known', 'example.com', { activationState: known }],
    [
      'active',
      'that is known, above a lowered limit',
      'example.com',
      {
        terms: { maxDomains: 0 },
        facts: { domainsUsed: 5 },
        activationState: known,
      },
    ],
    ['active', 'for development that has a slot', 'app.test', { activationState: known }],
    ['development', 'for development', 'localhost', { terms: { maxDomains: 0 } }],
    [
      'slot',
      'for development, which is not free',
      'localhost',
      {
        terms: { developmentDomainsFree: false },
      },
    ],
    [
      'full',
      'for development, which is not free, and no slot',
      '127.0.0.1',
      {
        terms: { developmentDomainsFree: false, maxDomains: 0 },
      },
    ],
    ['slot', 'while one is free', 'example.com', { terms: full }],
    ['slot', 'where there is no limit', 'example.com', { facts: { domainsUsed: 10_000 } }],
    ['full', 'when none is free', 'example.com', { terms: full, facts: { domainsUsed: 1 } }],
    ['full', 'when there never is one', 'example.com', { terms: { maxDomains: 0 } }],
    ['full', 'above a lowered limit', 'example.com', { terms: full, facts: { domainsUsed: 5 } }],
    [
      'slot',
      'whose license overrides its plan',
      'example.com',
      {
        terms: { maxDomains: 0 },
        facts: { overrides: { maxDomains: 1 } },
      },
    ],
    [
      'free',
      'of a pattern beside one that holds a slot',
      'staging.example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: beside,
      },
    ],
    [
      'full',
      'of a pattern beside none',
      'staging.example.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
      },
    ],
    [
      'slot',
      'of a pattern when as many are free as there are slots',
      'staging.example.com',
      {
        terms: patterned,
        facts: { freeDomainsUsed: 1 },
        activationState: beside,
      },
    ],
    [
      'free',
      'of a pattern, of many, where there is no limit',
      'staging.example.com',
      {
        terms: { freeDomainPatterns: ['staging.*'] },
        facts: { freeDomainsUsed: 999 },
        activationState: beside,
      },
    ],
    [
      'slot',
      'of a pattern, of too many, where there is no limit',
      'staging.example.com',
      {
        terms: { freeDomainPatterns: ['staging.*'] },
        facts: { freeDomainsUsed: 1000 },
        activationState: beside,
      },
    ],
    [
      'full',
      'that only looks like a pattern',
      'stagingcorp.com',
      {
        terms: patterned,
        facts: { domainsUsed: 1 },
        activationState: beside,
      },
    ],
  ]

  test.each(admissions)('is let in as %s: one %s (%s)', (admission, _title, host, scene) => {
    expect(admitDomain(subjectOf(scene), aHost(host), nowMs)).toBe(admission)
  })
})

describe('a device', () => {
  test('is let in again, by a free slot, or not at all', () => {
    const terms = { maxDevices: 2 }
    const admit = (scene: Scene) => admitDevice(subjectOf({ terms, ...scene }), nowMs)
    const device = aDevice(snapshot, 'machine')
    expect(admit({ facts: { devicesUsed: 2 }, activationState: { device } })).toBe('active')
    expect(admit({ facts: { devicesUsed: 1 } })).toBe('slot')
    expect(admit({ facts: { devicesUsed: 2 } })).toBe('full')
    expect(admit({ terms: {}, facts: { devicesUsed: 9 } })).toBe('slot')
  })
})

describe('the one unseen for longest', () => {
  const terms = { maxDomains: 2, maxDevices: 2, evictIdleDays: 30 }
  const facts = { domainsUsed: 2, devicesUsed: 2 }
  const admit = (scene: Scene) => {
    const state = subjectOf({ terms, facts, ...scene })
    return [admitDomain(state, aHost('new.io'), nowMs), admitDevice(state, nowMs)]
  }

  test('makes room to the millisecond when it was unseen for that long', () => {
    expect(admit({ activationState: idleFor(30 * DAY_MS) })).toEqual(['evict', 'evict'])
    expect(admit({ activationState: idleFor(30 * DAY_MS - 1) })).toEqual(['full', 'full'])
  })

  test('stays while there is room, while its plan evicts nobody, and above a lowered limit', () => {
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

test('what covers a host is itself, or with whole domains anything of its root', () => {
  const host = aHost('www.app.example.co.uk')
  const exact = { domainMatch: 'exact' } as const
  const subdomains = { domainMatch: 'subdomains' } as const
  expect(coveringValues(host, exact)).toEqual(['app.example.co.uk'])
  expect(coveringRoot(host, exact)).toBeNull()
  expect(coveringValues(host, subdomains)).toEqual(['example.co.uk', 'app.example.co.uk'])
  expect(coveringRoot(host, subdomains)).toBe('example.co.uk')
  const address = aHost('192.0.2.1')
  expect(coveringValues(address, subdomains)).toEqual(['192.0.2.1'])
  expect(coveringRoot(address, subdomains)).toBeNull()
})

describe('who comes in place of another', () => {
  const old = aDomain(snapshot, 'example.com')
  const dependents = [aDomain(snapshot, 'staging.example.com', true)]
  const told = ({ changes, events }: ReturnType<typeof replaceActivation>) => [
    changes.map((change) => [change.type, 'activation' in change && change.activation.value]),
    events.map(({ type, activation }) => [type, activation?.value]),
  ]

  test('comes after it and what was free beside it have gone, and all is told', () => {
    const writes = replaceActivation({ dependents }, old, aDomain(snapshot, 'example.org'))
    expect(told(writes)).toEqual([
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

  test('keeps what is free beside it when it is of the same root and holds a slot', () => {
    const heir = aDomain(snapshot, 'app.example.com')
    expect(replaceActivation({ dependents }, old, heir).changes).toHaveLength(2)
    const free = aDomain(snapshot, 'dev.example.com', true)
    expect(replaceActivation({ dependents }, old, free).changes).toHaveLength(3)
  })

  test('leaves alone what is free beside others', () => {
    const machine = aDevice(snapshot, 'machine')
    expect(
      replaceActivation({ dependents }, machine, aDevice(snapshot, 'new')).changes,
    ).toHaveLength(2)
    expect(freeActivation(machine, dependents).changes).toHaveLength(1)
    expect(freeActivation(aDomain(snapshot, '192.0.2.1'), dependents).changes).toHaveLength(1)
  })

  test('comes alone when there was nobody', () => {
    expect(told(replaceActivation(noActivationState, null, old))).toEqual([
      [['activation.create', 'example.com']],
      [['activation.created', 'example.com']],
    ])
  })
})
