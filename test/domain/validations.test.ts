import { describe, expect, test } from 'bun:test'
import { explain } from '~/domain/explanations.ts'
import { DAY_MS } from '~/domain/times.ts'
import {
  decideValidation,
  findRefusal,
  parseDomain,
  type ValidationRequest,
} from '~/domain/validations.ts'
import type { VerdictError } from '~/domain/verdicts.ts'
import {
  aDevice,
  aDomain,
  aHost,
  aLicenseState,
  createId,
  type LicenseScene,
  startMs,
} from '../support/samples.ts'

const nowMs = startMs + DAY_MS
const inDays = (days: number) => nowMs + days * DAY_MS

interface Scene extends LicenseScene {
  readonly request?: ValidationRequest
}

const refusalOf = (scene: Scene) => findRefusal(aLicenseState(scene), scene.request ?? {}, nowMs)
const decide = (scene: Scene) =>
  decideValidation(aLicenseState(scene), scene.request ?? {}, () => createId('act'), nowMs)

const host = { hostname: aHost('app.example.com') }
const machine = { fingerprint: 'machine' }
const explicit = { activation: 'explicit' } as const
const automatic = { activation: 'automatic' } as const

/** Contract section 5: every refusal in its order, with the smallest scene that causes it. */
const refusals: readonly (readonly [error: VerdictError, scene: Scene])[] = [
  ['PRODUCT_MISMATCH', { request: { product: 'other' } }],
  ['LICENSE_REVOKED', { facts: { revokedAtMs: startMs } }],
  ['LICENSE_SUSPENDED', { facts: { suspendedAtMs: startMs } }],
  ['LICENSE_EXPIRED', { facts: { expiresAtMs: startMs, endsAtMs: nowMs } }],
  ['FEATURE_NOT_INCLUDED', { request: { features: ['sso'] } }],
  ['DOMAIN_REQUIRED', { terms: { requireDomain: true }, request: { hostname: undefined } }],
  ['DOMAIN_INVALID', { request: { hostname: null } }],
  ['DOMAIN_NOT_ACTIVATED', { terms: explicit, request: host }],
  [
    'DOMAIN_LIMIT_REACHED',
    { terms: { ...automatic, maxDomains: 3 }, facts: { domainsUsed: 3 }, request: host },
  ],
  [
    'FINGERPRINT_REQUIRED',
    { terms: { requireFingerprint: true }, request: { fingerprint: undefined } },
  ],
  ['DEVICE_NOT_ACTIVATED', { terms: explicit, request: machine }],
  [
    'DEVICE_LIMIT_REACHED',
    { terms: { ...automatic, maxDevices: 1 }, facts: { devicesUsed: 2 }, request: machine },
  ],
]

/** Combines two scenes. Returns null if they contradict each other, like no and a bad domain. */
function merge(one: Scene, other: Scene): Scene | null {
  const merged: Record<string, object> = {}
  for (const part of ['terms', 'facts', 'request'] as const) {
    const [first, second] = [one[part] ?? {}, other[part] ?? {}]
    const both: Record<string, unknown> = { ...first, ...second }
    if (Object.entries(first).some(([name, value]) => both[name] !== value)) return null
    merged[part] = both
  }
  return merged
}

describe('refusals', () => {
  test.each(refusals)('validation is refused with %s', (error, scene) => {
    expect(refusalOf(scene)).toMatchObject({ valid: false, error })
  })

  test('validation: of two refusals, the first in the order of the contract is returned', () => {
    let pairs = 0
    for (const [index, [error, scene]] of refusals.entries()) {
      for (const [later, laterScene] of refusals.slice(index + 1)) {
        const both = merge(scene, laterScene)
        if (both === null) continue
        pairs += 1
        expect({ later, error: refusalOf(both)?.error }).toEqual({ later, error })
      }
    }
    expect(pairs).toBeGreaterThan(50)
  })

  test('validation: a full explicit plan refuses with NOT_ACTIVATED, not with LIMIT_REACHED', () => {
    const full = { terms: { ...explicit, maxDomains: 0, maxDevices: 0 } }
    expect(refusalOf({ ...full, request: host })?.error).toBe('DOMAIN_NOT_ACTIVATED')
    expect(refusalOf({ ...full, request: machine })?.error).toBe('DEVICE_NOT_ACTIVATED')
  })

  test('validation: a refusal takes no slot and does not mark the first use', () => {
    const request = { ...host, ...machine, features: ['sso'] }
    expect(decide({ request })).toMatchObject({ changes: [], events: [] })
    const deviceFull = { terms: { maxDevices: 0 }, facts: { limitNotices: { devices: nowMs } } }
    const { changes, events } = decide({ ...deviceFull, request: { ...host, ...machine } })
    expect({ changes, events }).toEqual({ changes: [], events: [] })
  })

  test('validation: explain returns the same refusal', () => {
    for (const [error, scene] of [...refusals, [null, {}] as const]) {
      const state = { ...aLicenseState(scene), domains: [] }
      const explanation = explain(state, scene.request ?? {}, nowMs)
      expect(explanation).toMatchObject({ valid: error === null, error })
    }
  })
})

describe('refusal messages', () => {
  const sceneOf = (error: string) => refusals.find(([name]) => name === error)?.[1] ?? {}

  test.each([
    ['PRODUCT_MISMATCH', 'This license is for another product.', undefined],
    ['LICENSE_REVOKED', 'This license was revoked.', undefined],
    ['LICENSE_SUSPENDED', 'This license is suspended.', undefined],
    [
      'LICENSE_EXPIRED',
      'This license expired on 2026-03-06.',
      { expiredAt: '2026-03-06T00:00:00Z' },
    ],
    ['FEATURE_NOT_INCLUDED', 'This license does not include sso.', { missing: ['sso'] }],
    ['DOMAIN_LIMIT_REACHED', 'All 3 domains of this license are in use.', { limit: 3, used: 3 }],
    [
      'DEVICE_LIMIT_REACHED',
      'This license has 2 devices in use, but its limit is now 1.',
      { limit: 1, used: 2 },
    ],
    ['DOMAIN_NOT_ACTIVATED', 'app.example.com is not activated for this license.', undefined],
  ])('the refusal %s has the expected message and details', (error, message, details) => {
    const refusal: unknown = refusalOf(sceneOf(error))
    expect(refusal).toEqual({ valid: false, error, message, ...(details && { details }) })
  })

  test('refusal messages: a limit of 0 reads as "allows no"', () => {
    const none = { terms: { maxDomains: 0, maxDevices: 0 } }
    expect(refusalOf({ ...none, request: host })?.message).toBe('This license allows no domains.')
    expect(refusalOf({ ...none, request: machine })?.message).toBe(
      'This license allows no devices.',
    )
  })

  test('refusal messages: each is a full sentence', () => {
    for (const [, scene] of refusals) expect(refusalOf(scene)?.message).toMatch(/^[A-Za-z].*\.$/)
  })
})

describe('features', () => {
  const features = { yes: true, no: false, none: 0, one: 1, text: 'gold', empty: '' }
  const missing = (...names: string[]) =>
    refusalOf({ terms: { features }, request: { features: names } })?.details

  test.each(['yes', 'one', 'text', 'empty'])('features: %p is included', (name) => {
    expect(missing(name)).toBeUndefined()
  })

  test.each(['no', 'none', 'other', 'toString', '__proto__', ''])(
    'features: %p is not included',
    (name) => {
      expect(missing('yes', name)).toEqual({ missing: [name] })
    },
  )

  test('features: the license overrides its plan', () => {
    const facts = { overrides: { features: { no: true, yes: false } } }
    const request = { features: ['no', 'yes'] }
    expect(refusalOf({ terms: { features }, facts, request })?.details).toEqual({
      missing: ['yes'],
    })
  })
})

describe('warnings', () => {
  const soonMs = inDays(14)

  test.each([
    ['none without an expiration', null, 0, []],
    ['none a millisecond before the last 14 days', soonMs + 1, 0, []],
    ['EXPIRES_SOON at 14 days', soonMs, 0, ['EXPIRES_SOON']],
    ['EXPIRES_SOON in the last millisecond', nowMs + 1, 0, ['EXPIRES_SOON']],
    ['IN_GRACE at the expiration', nowMs, 1, ['IN_GRACE']],
    [
      'IN_GRACE in the last millisecond of the grace period',
      nowMs + 1 - 7 * DAY_MS,
      7,
      ['IN_GRACE'],
    ],
  ] as const)('warnings: %s', (_what, expiresAtMs, graceDays, warnings) => {
    const endsAtMs = expiresAtMs === null ? null : expiresAtMs + graceDays * DAY_MS
    const { result } = decide({ facts: { expiresAtMs, endsAtMs, termStartedAtMs: inDays(-365) } })
    expect(result).toEqual({ valid: true, expiresAtMs, warnings })
  })

  test.each([
    [71, 14],
    [70, 14],
    [69, 13.8],
    [30, 6],
    [14, 2.8],
    [1, 0.2],
  ])('warnings: a term of %p days has EXPIRES_SOON in its last %p days', (days, warnedDays) => {
    const warningsAt = (leftMs: number) => {
      const expiresAtMs = nowMs + leftMs
      const termStartedAtMs = expiresAtMs - days * DAY_MS
      return decide({ facts: { expiresAtMs, endsAtMs: expiresAtMs, termStartedAtMs } }).result
    }
    expect(warningsAt(warnedDays * DAY_MS)).toMatchObject({ warnings: ['EXPIRES_SOON'] })
    expect(warningsAt(warnedDays * DAY_MS + 1)).toMatchObject({ warnings: [] })
  })

  test('warnings: a trial that starts with this validation is not about to expire', () => {
    const { result } = decide({ facts: { pendingDays: 7, termStartedAtMs: inDays(-100) } })
    expect(result).toEqual({ valid: true, expiresAtMs: inDays(7), warnings: [] })
  })

  test('validation: refused from the end of the grace period on', () => {
    const facts = { expiresAtMs: inDays(-7), endsAtMs: nowMs }
    expect(refusalOf({ facts })?.error).toBe('LICENSE_EXPIRED')
    expect(refusalOf({ facts: { ...facts, endsAtMs: nowMs + 1 } })).toBeNull()
  })
})

describe('first validation', () => {
  test('first validation: activates the license once', () => {
    const first = decide({})
    expect(first.events.map(({ type }) => type)).toEqual(['license.activated'])
    expect(first.changes).toMatchObject([{ type: 'license.update', set: { activatedAtMs: nowMs } }])
    const second = decide({ facts: { activatedAtMs: startMs } })
    expect(second).toMatchObject({ changes: [], events: [] })
  })

  test('first validation: starts the duration of a waiting license and returns its end', () => {
    const terms = { durationDays: 30, startsOn: 'first_validation', graceDays: 7 } as const
    const { result, changes } = decide({ terms })
    expect(result).toMatchObject({ valid: true, expiresAtMs: inDays(30), warnings: [] })
    expect(changes).toMatchObject([
      { set: { expiresAtMs: inDays(30), endsAtMs: inDays(37), pendingDays: null } },
    ])
  })

  test('first validation: does not change the version', () => {
    expect(JSON.stringify(decide({ request: { ...host, ...machine } }).changes)).not.toContain(
      'version',
    )
  })
})

describe('new domains and devices', () => {
  const activated = { activatedAtMs: startMs }
  const taken = (scene: Scene) =>
    decide({ facts: activated, ...scene }).changes.flatMap((change) =>
      change.type === 'activation.create' ? [change.activation] : [],
    )

  test('automatic activation: a domain and a device take a slot each, with an event each', () => {
    const request = { ...host, ...machine, deviceName: 'Ada’s laptop', country: 'DE' }
    const [domain, device] = taken({ request })
    expect(domain).toMatchObject({ kind: 'domain', value: 'app.example.com', isFree: false })
    expect(device).toMatchObject({ kind: 'device', value: 'machine', name: 'Ada’s laptop' })
    expect([domain?.country, device?.country]).toEqual(['DE', 'DE'])
    const { events } = decide({ facts: activated, request })
    expect(events.map(({ type, activation }) => [type, activation?.kind])).toEqual([
      ['activation.created', 'domain'],
      ['activation.created', 'device'],
    ])
  })

  test('automatic activation: an activated domain and device validate on a full or explicit plan', () => {
    const { license, plan } = aLicenseState()
    const activationState = {
      domain: aDomain({ license, plan }, 'app.example.com'),
      device: aDevice({ license, plan }, 'machine'),
    }
    const facts = { ...activated, domainsUsed: 9, devicesUsed: 9 }
    for (const activation of ['automatic', 'explicit'] as const) {
      const terms = { activation, maxDomains: 1, maxDevices: 1 }
      const decision = decide({ terms, facts, activationState, request: { ...host, ...machine } })
      expect(decision).toMatchObject({ result: { valid: true }, changes: [], events: [] })
    }
  })

  test('automatic activation: takes the last slot and not one more', () => {
    const room = (domainsUsed: number) => ({
      terms: { maxDomains: 3 },
      facts: { ...activated, domainsUsed, limitNotices: { domains: nowMs } },
      request: host,
    })
    expect(taken(room(2))).toHaveLength(1)
    expect(taken(room(3))).toHaveLength(0)
  })

  test('automatic activation: with subdomains, the registrable domain is activated', () => {
    const [domain] = taken({ terms: { domainMatch: 'subdomains' }, request: host })
    expect(domain).toMatchObject({ value: 'example.com', root: 'example.com' })
  })

  test.each(['localhost', 'app.test', '127.0.0.1', '10.0.0.1', '::1'])(
    'development domains: %s takes no slot unless the plan counts development domains',
    (text) => {
      const request = { hostname: aHost(text) }
      const none = { maxDomains: 0, ...explicit }
      expect(taken({ terms: none, request })).toEqual([])
      expect(refusalOf({ terms: none, request })).toBeNull()
      const counted = { maxDomains: 0, developmentDomainsFree: false }
      expect(refusalOf({ terms: counted, request })?.error).toBe('DOMAIN_LIMIT_REACHED')
    },
  )
})

test('parseDomain: a missing domain is undefined, an invalid one null', () => {
  expect(parseDomain(undefined)).toBeUndefined()
  for (const text of ['', ' ', 'co.uk', 'a b']) expect(parseDomain(text)).toBeNull()
  expect(parseDomain('https://WWW.Example.com./x')?.host).toBe('example.com')
})
