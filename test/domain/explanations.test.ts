import { describe, expect, test } from 'bun:test'
import { type ActivationState, noActivationState } from '~/domain/activations.ts'
import { type Explained, explain } from '~/domain/explanations.ts'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { ValidationRequest } from '~/domain/validations.ts'
import { domainInvalid } from '~/domain/verdicts.ts'
import { aDevice, aDomain, aHost, aLicense, aPlan, startMs } from '../support/samples.ts'

interface Scene {
  readonly terms?: Partial<Plan>
  readonly facts?: Partial<License>
  readonly activationState?: Partial<ActivationState>
  readonly domains?: readonly string[]
}

function explainedOf({ terms, facts, activationState, domains = [] }: Scene): Explained {
  const plan = aPlan(terms)
  return { license: aLicense(plan, facts), plan, ...noActivationState, ...activationState, domains }
}

/** The sentence of one check, as support reads it. */
function sentence(name: string, scene: Scene, request: ValidationRequest = {}): string {
  const { checks } = explain(explainedOf(scene), request, startMs)
  const check = checks.find((one) => one.name === name)
  return `${check?.passed ? 'yes' : 'no'}: ${check?.detail}`
}

const snapshot = { license: aLicense(), plan: aPlan() }
const host = { hostname: aHost('app.io') }
const machine = { fingerprint: 'machine' }
const full = {
  terms: { maxDomains: 3 },
  facts: { domainsUsed: 3 },
  domains: ['a.io', 'b.io', 'c.io'],
}
const idle = (ageDays: number) => ({
  idleDomain: { ...aDomain(snapshot, 'a.io'), lastSeenAtMs: startMs - ageDays * DAY_MS },
})

describe('a license is explained', () => {
  test.each([
    ['product', {}, {}, 'yes: No product was asked for; the license is for default.'],
    ['product', {}, { product: 'default' }, 'yes: The license is for default, as asked.'],
    [
      'product',
      {},
      { product: 'editor' },
      'no: The app asked for editor, but the license is for default.',
    ],
    ['revocation', {}, {}, 'yes: The license is not revoked.'],
    [
      'revocation',
      { facts: { revokedAtMs: startMs } },
      {},
      'no: The license was revoked on 2026-03-06T00:00:00Z, which is final.',
    ],
    ['suspension', {}, {}, 'yes: The license is not suspended.'],
    [
      'suspension',
      { facts: { suspendedAtMs: startMs, suspensionReason: 'payment failed' } },
      {},
      'no: The license was suspended on 2026-03-06T00:00:00Z (payment failed). Reinstate it to let it validate.',
    ],
    ['expiry', {}, {}, 'yes: The license has no end.'],
    [
      'expiry',
      { facts: { pendingDays: 30 } },
      {},
      'yes: Its 30 days begin with the first validation.',
    ],
    [
      'expiry',
      { facts: { expiresAtMs: startMs + 1000, endsAtMs: startMs + 1000 } },
      {},
      'yes: The license runs until 2026-03-06T00:00:01Z.',
    ],
    [
      'expiry',
      { facts: { expiresAtMs: startMs, endsAtMs: startMs + DAY_MS } },
      {},
      'yes: The license expired on 2026-03-06T00:00:00Z and is in grace until 2026-03-07T00:00:00Z.',
    ],
    [
      'expiry',
      { facts: { expiresAtMs: startMs, endsAtMs: startMs } },
      {},
      'no: The license expired on 2026-03-06T00:00:00Z. Renew it to let it validate.',
    ],
    [
      'features',
      { terms: { features: { sso: true, projects: 10, beta: false, seats: 0 } } },
      {},
      'yes: No feature was asked for; the license includes sso, projects.',
    ],
    [
      'features',
      { terms: { features: { sso: true, projects: 10 } } },
      { features: ['sso', 'projects'] },
      'yes: All that was asked for is in: sso, projects.',
    ],
    [
      'features',
      { terms: { features: { sso: true, beta: false } } },
      { features: ['sso', 'beta', 'api'] },
      'no: The app asked for beta, api, but the license includes sso.',
    ],
  ] as const)('by %s, %#', (name, scene, request, expected) => {
    expect(sentence(name, scene, request)).toBe(expected)
  })
})

describe('a domain is explained', () => {
  test.each([
    ['that was not given', {}, {}, 'yes: No domain was given, and the plan asks for none.'],
    [
      'that was not given and should be',
      { terms: { requireDomain: true } },
      {},
      'no: No domain was given, but the plan requires one: the app must send it.',
    ],
    ['that is none', {}, { hostname: null }, `no: ${domainInvalid.message}`],
    [
      'that is activated',
      { ...full, activationState: { domain: aDomain(snapshot, 'app.io') } },
      host,
      'yes: app.io is activated (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'that another covers',
      { ...full, activationState: { domain: aDomain(snapshot, 'a.io') } },
      host,
      'yes: app.io is covered by the activation of a.io (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'that is on record as free',
      { ...full, activationState: { domain: aDomain(snapshot, 'app.io', true) } },
      host,
      'yes: app.io is on record as free, so it takes no slot (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'for development',
      full,
      { hostname: aHost('localhost') },
      'yes: localhost is a development domain and takes no slot.',
    ],
    [
      'that would be free',
      {
        ...full,
        terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] },
        activationState: { isRootActivated: true },
      },
      { hostname: aHost('staging.a.io') },
      'yes: staging.a.io takes no slot beside what is activated of a.io (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'that would be free, were its places not taken',
      {
        ...full,
        terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] },
        facts: { ...full.facts, freeDomainsUsed: 3 },
        activationState: { isRootActivated: true },
      },
      { hostname: aHost('staging.a.io') },
      'no: staging.a.io is not activated and finds no slot (3 of 3 in use: a.io, b.io, c.io). Free or move one, or raise the limit. It would be free beside a.io, but all free places (3) are taken.',
    ],
    ['that is new', {}, host, 'yes: app.io would take a free slot (0 in use, no limit).'],
    [
      'that is new to an explicit plan',
      { terms: { activation: 'explicit', maxDomains: 1 } },
      host,
      'no: app.io is not activated, and on this plan only /activate takes a slot (0 of 1 in use).',
    ],
    [
      'that finds no slot',
      full,
      host,
      'no: app.io is not activated and finds no slot (3 of 3 in use: a.io, b.io, c.io). Free or move one, or raise the limit.',
    ],
    [
      'that finds no slot yet',
      { ...full, terms: { maxDomains: 3, evictIdleDays: 30 }, activationState: idle(29) },
      host,
      'no: app.io is not activated and finds no slot (3 of 3 in use: a.io, b.io, c.io). Free or move one, or raise the limit. What is unseen for 30 days makes room: next is a.io, last seen on 2026-02-05T00:00:00Z.',
    ],
    [
      'that would take the place of another',
      { ...full, terms: { maxDomains: 3, evictIdleDays: 30 }, activationState: idle(30) },
      host,
      'yes: app.io would take the slot of a.io, last seen on 2026-02-04T00:00:00Z (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'above a lowered limit, where waiting does not help',
      { ...full, terms: { maxDomains: 2, evictIdleDays: 30 }, activationState: idle(99) },
      host,
      'no: app.io is not activated and finds no slot (3 of 2 in use: a.io, b.io, c.io). Free 2 of them, or raise the limit.',
    ],
  ] as const)('%s', (_title, scene, request, expected) => {
    expect(sentence('domain', scene, request)).toBe(expected)
  })

  test('among many by the oldest of them', () => {
    const domains = Array.from({ length: 100 }, (_, index) => `d${index}.io`)
    const scene = { terms: { maxDomains: 500 }, facts: { domainsUsed: 500 }, domains }
    expect(sentence('domain', scene, host)).toContain(
      '(500 of 500 in use: d0.io, d1.io, d2.io, d3.io, d4.io, d5.io, d6.io, d7.io, d8.io, d9.io and 490 more)',
    )
  })
})

describe('a device is explained', () => {
  const named = { ...aDevice(snapshot, 'f-1'), name: "Ada's laptop" }
  const idleDevice = { ...named, lastSeenAtMs: startMs - 30 * DAY_MS }
  test.each([
    ['that was not given', {}, {}, 'yes: No fingerprint was given, and the plan asks for none.'],
    [
      'that was not given and should be',
      { terms: { requireFingerprint: true } },
      {},
      'no: No fingerprint was given, but the plan requires one: the app must send it.',
    ],
    [
      'that is activated',
      { facts: { devicesUsed: 2 }, activationState: { device: named } },
      machine,
      'yes: The device is activated (2 in use, no limit).',
    ],
    [
      'that finds no slot',
      { terms: { maxDevices: 2 }, facts: { devicesUsed: 2 } },
      machine,
      'no: The device is not activated and finds no slot (2 of 2 in use). Free or move one, or raise the limit.',
    ],
    [
      'that would take the place of another, by its name',
      {
        terms: { maxDevices: 2, evictIdleDays: 30 },
        facts: { devicesUsed: 2 },
        activationState: { idleDevice },
      },
      machine,
      "yes: The device would take the slot of f-1 (Ada's laptop), last seen on 2026-02-04T00:00:00Z (2 of 2 in use).",
    ],
  ] as const)('%s', (_title, scene, request, expected) => {
    expect(sentence('device', scene, request)).toBe(expected)
  })
})

test('the first check that fails is the verdict, and those behind it are explained as well', () => {
  const scene = { facts: { suspendedAtMs: startMs, revokedAtMs: startMs } }
  const { valid, error, checks } = explain(explainedOf(scene), { hostname: null }, startMs)
  expect([valid, error]).toEqual([false, 'LICENSE_REVOKED'])
  expect(checks.map(({ name, passed }) => [name, passed])).toEqual([
    ['product', true],
    ['revocation', false],
    ['suspension', false],
    ['expiry', true],
    ['features', true],
    ['domain', false],
    ['device', true],
  ])
})
