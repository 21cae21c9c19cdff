import { afterAll, describe, expect, test } from 'bun:test'
import type { LicenseFacts } from '~/domain/decisions.ts'
import type { Plan } from '~/domain/plans.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import { startMs } from '../support/samples.ts'
import { createSlots, device, domain, granted, type Slots } from '../support/slots.ts'
import { openRulesStore } from '../support/stored-license.ts'

const store = await openRulesStore()
afterAll(() => store[Symbol.asyncDispose]())

const openSlots = (terms: Partial<Plan> = {}, facts: LicenseFacts = {}) =>
  createSlots(store, terms, facts)

describe('activate', () => {
  test('activate: repeating it returns the first activation and appends no second event', async () => {
    const { activate, events } = await openSlots({ maxDomains: 1, maxDevices: 1 })
    const first = await granted(activate(domain('https://www.Example.com./login'), startMs, 'Shop'))
    expect(first).toMatchObject({ kind: 'domain', value: 'example.com', name: 'Shop' })
    expect(await activate(domain('example.com'), startMs + 1)).toEqual(first)
    const machine = await activate(device('machine'))
    expect(await activate(device('machine'))).toEqual(machine)
    expect(await events()).toEqual([
      ['activation.created', 'example.com'],
      ['activation.created', 'machine'],
    ])
  })

  test.each([
    ['LICENSE_REVOKED', { revokedAtMs: startMs, suspendedAtMs: startMs }],
    ['LICENSE_SUSPENDED', { suspendedAtMs: startMs, endsAtMs: startMs, expiresAtMs: startMs }],
    ['LICENSE_EXPIRED', { endsAtMs: startMs, expiresAtMs: startMs }],
  ] as const)('activate: %s is reported before any other refusal', async (error, facts) => {
    const { activate } = await openSlots({ maxDevices: 0 }, facts)
    expect(await activate(device('machine'))).toMatchObject({ valid: false, error })
    expect(await activate(domain(''))).toMatchObject({ valid: false, error })
  })

  test.each(['', ' ', 'co.uk', 'user@example.com', 'a..b'])(
    'activate: %j is refused as an invalid domain',
    async (text) => {
      const { activate } = await openSlots()
      expect(await activate(domain(text))).toMatchObject({ error: 'DOMAIN_INVALID' })
    },
  )

  test('activate: an explicit plan limits slots as well', async () => {
    const { activate, values } = await openSlots({ activation: 'explicit', maxDomains: 1 })
    await granted(activate(domain('a.io')))
    expect(await activate(domain('b.io'))).toMatchObject({ error: 'DOMAIN_LIMIT_REACHED' })
    expect(await values()).toEqual(['a.io'])
  })

  test('activate: a reached limit is refused with its counts, and notified once a day each', async () => {
    const { activate, events } = await openSlots({ maxDomains: 1, maxDevices: 0 })
    await granted(activate(domain('a.io')))
    const fullDomains = {
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      message: 'The only domain of this license is in use.',
      details: { limit: 1, used: 1 },
    } as const
    for (const atMs of [0, 1, DAY_MS - 1, DAY_MS]) {
      expect(await activate(domain('b.io'), startMs + atMs)).toEqual(fullDomains)
    }
    expect(await activate(device('machine'))).toMatchObject({
      error: 'DEVICE_LIMIT_REACHED',
      message: 'This license allows no devices.',
      details: { limit: 0, used: 0 },
    })
    const reached = (await events()).filter(([type]) => type === 'license.limit_reached')
    expect(reached).toHaveLength(3)
  })

  test('activate: a development domain is recorded and uses neither a slot nor a free place', async () => {
    const { activate, license } = await openSlots({
      maxDomains: 1,
      freeDomainPatterns: ['staging.*'],
    })
    const local = await granted(activate(domain('localhost:3000')))
    expect(local).toMatchObject({ value: 'localhost', isFree: true, root: null })
    expect(await activate(domain('LOCALHOST'))).toEqual(local)
    await granted(activate(domain('mysite.local')))
    await granted(activate(domain('example.com')))
    expect((await granted(activate(domain('staging.example.com')))).isFree).toBeTrue()
    expect(await license.license()).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 1 })
  })

  test('activate: the 101st development domain replaces the one idle the longest', async () => {
    const { activate, values, events, license } = await openSlots({ maxDomains: 1 })
    await granted(activate(domain('example.com')))
    const hosts = Array.from({ length: 100 }, (_, index) => `host-${index}.test`)
    for (const [age, host] of hosts.entries()) await granted(activate(domain(host), startMs - age))
    await granted(activate(domain('one-more.test')))
    const [oldest, ...others] = hosts.reverse()
    const kept = ['example.com', 'one-more.test', ...others]
    expect((await values()).toSorted()).toEqual(kept.toSorted())
    const types = await events()
    expect(types.at(-2)).toEqual(['activation.deleted', oldest])
    expect(types.map(([type]) => type)).not.toContain('license.limit_reached')
    expect(await license.license()).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 0 })
  })

  test('activate: evicting an idle domain also deletes the domains that were free beside it', async () => {
    const { activate, values, events } = await openSlots({
      maxDomains: 1,
      evictIdleDays: 30,
      freeDomainPatterns: ['staging.*'],
    })
    await granted(activate(domain('old.io')))
    await granted(activate(domain('staging.old.io')))
    const laterMs = startMs + 30 * DAY_MS
    expect(await activate(domain('new.io'), laterMs - 1)).toMatchObject({
      error: 'DOMAIN_LIMIT_REACHED',
    })
    await granted(activate(domain('new.io'), laterMs))
    expect(await values()).toEqual(['new.io'])
    expect((await events()).slice(-3)).toEqual([
      ['activation.deleted', 'old.io'],
      ['activation.deleted', 'staging.old.io'],
      ['activation.created', 'new.io'],
    ])
  })
})

describe('deactivate', () => {
  test('deactivate: frees the slot at once, even of a suspended or expired license', async () => {
    for (const facts of [{}, { suspendedAtMs: startMs }, { endsAtMs: 0, expiresAtMs: 0 }]) {
      const { activate, deactivate, license, values, events } = await openSlots({ maxDevices: 1 })
      const machine = await granted(activate(device('machine')))
      await license.update(facts)
      expect(await deactivate(device('machine'))).toEqual(machine)
      expect(await values()).toEqual([])
      expect((await events()).at(-1)).toEqual(['activation.deleted', 'machine'])
    }
  })

  test('deactivate: any host of an activated whole domain frees that domain', async () => {
    const { activate, deactivate } = await openSlots({ domainMatch: 'subdomains' })
    await granted(activate(domain('app.example.com')))
    expect(await deactivate(domain('shop.example.com'))).toMatchObject({ value: 'example.com' })
  })

  test('deactivate: free domains are deleted with the last slot of their root, not before', async () => {
    const { activate, deactivate, values } = await openSlots({ freeDomainPatterns: ['staging.*'] })
    for (const text of ['a.io', 'app.a.io', 'staging.a.io', 'b.io', 'staging.b.io']) {
      await granted(activate(domain(text)))
    }
    await deactivate(domain('a.io'))
    expect(await values()).toContain('staging.a.io')
    await deactivate(domain('app.a.io'))
    expect(await values()).toEqual(['b.io', 'staging.b.io'])
  })

  test('deactivate: a domain or device that is not activated is refused by name', async () => {
    const { deactivate } = await openSlots()
    expect(await deactivate(domain('a.io'))).toMatchObject({
      error: 'DOMAIN_NOT_ACTIVATED',
      message: 'a.io is not activated for this license.',
    })
    expect(await deactivate(domain('co.uk'))).toMatchObject({ error: 'DOMAIN_INVALID' })
    expect(await deactivate(device('machine'))).toMatchObject({ error: 'DEVICE_NOT_ACTIVATED' })
  })

  test('deactivate: refused if the plan leaves it to the vendor or the license is revoked', async () => {
    const { activate, deactivate, license, values } = await openSlots({ selfDeactivation: false })
    await granted(activate(device('machine')))
    expect(await deactivate(device('machine'))).toMatchObject({
      error: 'SELF_DEACTIVATION_DISABLED',
    })
    await license.updatePlan({ selfDeactivation: true })
    await license.update({ revokedAtMs: startMs })
    expect(await deactivate(device('machine'))).toMatchObject({ error: 'LICENSE_REVOKED' })
    expect(await values()).toEqual(['machine'])
  })
})

describe('deactivation limit', () => {
  const activateAndFree = async ({ activate, deactivate }: Slots, atMs: number) => {
    await granted(activate(device('machine'), atMs))
    return deactivate(device('machine'), atMs)
  }

  test('deactivation limit: a deactivation stops counting when it is 30 days old', async () => {
    const slots = await openSlots({ deactivationsMaxPer30Days: 2 })
    const firstMs = startMs + 400
    await granted(activateAndFree(slots, firstMs))
    await granted(activateAndFree(slots, startMs + DAY_MS))
    const refused = await activateAndFree(slots, firstMs + DEACTIVATION_WINDOW_MS - 1)
    expect(refused).toEqual({
      valid: false,
      error: 'DEACTIVATION_LIMIT_REACHED',
      message:
        'The deactivation limit is reached (2 in 30 days). The next one is possible on 2026-04-05T00:00:01Z.',
      details: { limit: 2, used: 2, nextAt: '2026-04-05T00:00:01Z' },
    })
    await granted(slots.deactivate(device('machine'), firstMs + DEACTIVATION_WINDOW_MS))
  })

  test('deactivation limit: a limit set later names the right time for the next one', async () => {
    const slots = await openSlots()
    for (const day of [0, 1, 2]) await granted(activateAndFree(slots, startMs + day * DAY_MS))
    await slots.license.updatePlan({ deactivationsMaxPer30Days: 1 })
    expect(await activateAndFree(slots, startMs + 3 * DAY_MS)).toMatchObject({
      details: { limit: 1, used: 1, nextAt: '2026-04-07T00:00:00Z' },
    })
  })

  test('deactivation limit: a limit of 0 refuses every deactivation', async () => {
    const slots = await openSlots({ deactivationsMaxPer30Days: 0 })
    expect(await activateAndFree(slots, startMs)).toMatchObject({
      error: 'DEACTIVATION_LIMIT_REACHED',
      details: { limit: 0, used: 0 },
    })
  })

  test('deactivation limit: free domains and removals by the vendor do not count', async () => {
    const slots = await openSlots({ deactivationsMaxPer30Days: 0 })
    const { activate, deactivate, remove, license } = slots
    await granted(activate(domain('localhost')))
    await granted(deactivate(domain('localhost')))
    await remove((await granted(activate(device('machine')))).id)
    expect(await license.activations()).toEqual([])
    await license.updatePlan({ deactivationsMaxPer30Days: 1 })
    await granted(activateAndFree(slots, startMs))
    expect(await activateAndFree(slots, startMs)).toMatchObject({ details: { used: 1 } })
  })
})
