import { describe, expect, test } from 'bun:test'
import { type ActivationState, noActivationState } from '~/domain/activations.ts'
import { type ExplainableState, explain } from '~/domain/explanations.ts'
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

function buildState({ terms, facts, activationState, domains = [] }: Scene): ExplainableState {
  const plan = aPlan(terms)
  return { license: aLicense(plan, facts), plan, ...noActivationState, ...activationState, domains }
}

/** Returns `yes` or `no` and the sentence of one check. */
function explainCheck(name: string, scene: Scene, request: ValidationRequest = {}): string {
  const { checks } = explain(buildState(scene), request, startMs)
  const check = checks.find((one) => one.name === name)
  return `${check?.passed ? 'yes' : 'no'}: ${check?.detail}`
}

const snapshot = { license: aLicense(), plan: aPlan() }
const host = { hostname: aHost('app.io') }
const besideRoot = { slots: [aDomain(snapshot, 'a.io')] }
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
    ['product', {}, {}, 'yes: No product was requested; the license is for default.'],
    ['product', {}, { product: 'default' }, 'yes: The license is for default, as requested.'],
    [
      'product',
      {},
      { product: 'editor' },
      'no: The app requested editor, but the license is for default.',
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
    ['expiry', {}, {}, 'yes: The license never expires.'],
    [
      'expiry',
      { facts: { pendingDays: 30 } },
      {},
      'yes: The license starts with its first validation and then lasts 30 days.',
    ],
    [
      'expiry',
      { facts: { expiresAtMs: startMs + 1000, endsAtMs: startMs + 1000 } },
      {},
      'yes: The license is valid until 2026-03-06T00:00:01Z.',
    ],
    [
      'expiry',
      { facts: { expiresAtMs: startMs, endsAtMs: startMs + DAY_MS } },
      {},
      'yes: The license expired on 2026-03-06T00:00:00Z and is in its grace period until 2026-03-07T00:00:00Z.',
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
      'yes: No feature was requested; the license includes sso, projects.',
    ],
    [
      'features',
      { terms: { features: { sso: true, projects: 10 } } },
      { features: ['sso', 'projects'] },
      'yes: All requested features are included: sso, projects.',
    ],
    [
      'features',
      { terms: { features: { sso: true, beta: false } } },
      { features: ['sso', 'beta', 'api'] },
      'no: The app requested beta, api, but the license includes sso.',
    ],
  ] as const)('explanation: %s, case %#', (name, scene, request, expected) => {
    expect(explainCheck(name, scene, request)).toBe(expected)
  })
})

describe('a domain is explained', () => {
  test.each([
    ['not sent', {}, {}, 'yes: No domain was sent, and the plan does not require one.'],
    [
      'not sent although required',
      { terms: { requireDomain: true } },
      {},
      'no: No domain was sent, but the plan requires one.',
    ],
    ['invalid', {}, { hostname: null }, `no: ${domainInvalid.message}`],
    [
      'activated',
      { ...full, activationState: { domain: aDomain(snapshot, 'app.io') } },
      host,
      'yes: app.io is activated (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'covered by another activation',
      { ...full, activationState: { domain: aDomain(snapshot, 'a.io') } },
      host,
      'yes: app.io is covered by the activation of a.io (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'recorded as free',
      { ...full, activationState: { domain: aDomain(snapshot, 'app.io', true) } },
      host,
      'yes: app.io is recorded as a free domain and takes no slot (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'a development domain',
      full,
      { hostname: aHost('localhost') },
      'yes: localhost is a development domain and takes no slot.',
    ],
    [
      'free',
      {
        ...full,
        terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] },
        activationState: besideRoot,
      },
      { hostname: aHost('staging.a.io') },
      'yes: staging.a.io takes no slot because a.io is activated (0 of 9 free domains in use).',
    ],
    [
      'matching a free pattern, but all free domains are in use',
      {
        ...full,
        terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] },
        facts: { ...full.facts, freeDomainsUsed: 9 },
        activationState: besideRoot,
      },
      { hostname: aHost('staging.a.io') },
      'no: staging.a.io is not activated, and no slot is free (3 of 3 in use: a.io, b.io, c.io). Deactivate or move one, or raise the limit. It would take no slot because a.io is activated, but the free domains are used up (9 of 9 free domains in use).',
    ],
    [
      'matching a free suffix',
      { ...full, terms: { maxDomains: 3, freeDomainPatterns: ['*.wpengine.com'] } },
      { hostname: aHost('a.wpengine.com') },
      'yes: a.wpengine.com takes no slot because it matches *.wpengine.com (0 of 9 free domains in use).',
    ],
    [
      'matching a free pattern before its site',
      { ...full, terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] } },
      { hostname: aHost('staging.d.io') },
      'no: staging.d.io is not activated, and no slot is free (3 of 3 in use: a.io, b.io, c.io). Deactivate or move one, or raise the limit. It will take no slot once another host of d.io is activated.',
    ],
    [
      'the site of a staging host that holds a slot',
      {
        ...full,
        terms: { maxDomains: 3, freeDomainPatterns: ['staging.*'] },
        activationState: { slots: [aDomain(snapshot, 'staging.d.io')] },
      },
      { hostname: aHost('d.io') },
      'yes: d.io would take a free slot (3 of 3 in use: a.io, b.io, c.io). It would release the slots of hosts that need none beside it: staging.d.io.',
    ],
    ['new', {}, host, 'yes: app.io would take a free slot (0 in use, no limit).'],
    [
      'new, on a plan with explicit activation',
      { terms: { activation: 'explicit', maxDomains: 1 } },
      host,
      'no: app.io is not activated, and this plan requires a call to /activate (0 of 1 in use).',
    ],
    [
      'new, with all slots in use',
      full,
      host,
      'no: app.io is not activated, and no slot is free (3 of 3 in use: a.io, b.io, c.io). Deactivate or move one, or raise the limit.',
    ],
    [
      'new, with the idle activation one day too young',
      { ...full, terms: { maxDomains: 3, evictIdleDays: 30 }, activationState: idle(29) },
      host,
      'no: app.io is not activated, and no slot is free (3 of 3 in use: a.io, b.io, c.io). Deactivate or move one, or raise the limit. After 30 days without use, an activation is replaced; the next one is a.io, last seen on 2026-02-05T00:00:00Z.',
    ],
    [
      'new, evicting an idle activation',
      { ...full, terms: { maxDomains: 3, evictIdleDays: 30 }, activationState: idle(30) },
      host,
      'yes: app.io would replace a.io, last seen on 2026-02-04T00:00:00Z (3 of 3 in use: a.io, b.io, c.io).',
    ],
    [
      'new, above a lowered limit',
      { ...full, terms: { maxDomains: 2, evictIdleDays: 30 }, activationState: idle(99) },
      host,
      'no: app.io is not activated, and no slot is free (3 of 2 in use: a.io, b.io, c.io). Deactivate 2 of them, or raise the limit.',
    ],
  ] as const)('explanation: a domain that is %s', (_title, scene, request, expected) => {
    expect(explainCheck('domain', scene, request)).toBe(expected)
  })

  test('explanation: only the oldest of many domains are named', () => {
    const domains = Array.from({ length: 100 }, (_, index) => `d${index}.io`)
    const scene = { terms: { maxDomains: 500 }, facts: { domainsUsed: 500 }, domains }
    expect(explainCheck('domain', scene, host)).toContain(
      '(500 of 500 in use: d0.io, d1.io, d2.io, d3.io, d4.io, d5.io, d6.io, d7.io, d8.io, d9.io and 490 more)',
    )
  })
})

describe('a device is explained', () => {
  const named = { ...aDevice(snapshot, 'f-1'), name: "Ada's laptop" }
  const idleDevice = { ...named, lastSeenAtMs: startMs - 30 * DAY_MS }
  test.each([
    ['not sent', {}, {}, 'yes: No fingerprint was sent, and the plan does not require one.'],
    [
      'not sent although required',
      { terms: { requireFingerprint: true } },
      {},
      'no: No fingerprint was sent, but the plan requires one.',
    ],
    [
      'activated',
      { facts: { devicesUsed: 2 }, activationState: { device: named } },
      machine,
      'yes: The device is activated (2 in use, no limit).',
    ],
    [
      'new, with all slots in use',
      { terms: { maxDevices: 2 }, facts: { devicesUsed: 2 } },
      machine,
      'no: The device is not activated, and no slot is free (2 of 2 in use). Deactivate or move one, or raise the limit.',
    ],
    [
      'new, evicting an idle device with a name',
      {
        terms: { maxDevices: 2, evictIdleDays: 30 },
        facts: { devicesUsed: 2 },
        activationState: { idleDevice },
      },
      machine,
      "yes: The device would replace f-1 (Ada's laptop), last seen on 2026-02-04T00:00:00Z (2 of 2 in use).",
    ],
  ] as const)('explanation: a device that is %s', (_title, scene, request, expected) => {
    expect(explainCheck('device', scene, request)).toBe(expected)
  })
})

test('explanation: the first failed check is the verdict, and later checks are explained too', () => {
  const scene = { facts: { suspendedAtMs: startMs, revokedAtMs: startMs } }
  const { valid, error, checks } = explain(buildState(scene), { hostname: null }, startMs)
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
