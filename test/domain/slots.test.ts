import { describe, expect, test } from 'bun:test'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'
import { device, domain, granted, openSlots } from '../support/memory-slots.ts'
import { startMs } from '../support/samples.ts'

describe('an activation', () => {
  test('is the same one when it is repeated, and told of once', () => {
    const { activate, told } = openSlots({ maxDomains: 1, maxDevices: 1 })
    const first = granted(activate(domain('https://www.Example.com./login'), startMs, 'Shop'))
    expect(first).toMatchObject({ kind: 'domain', value: 'example.com', name: 'Shop' })
    expect(activate(domain('example.com'), startMs + 1)).toEqual(first)
    const machine = activate(device('machine'))
    expect(activate(device('machine'))).toEqual(machine)
    expect(told()).toEqual([
      ['activation.created', 'example.com'],
      ['activation.created', 'machine'],
    ])
  })

  test.each([
    ['LICENSE_REVOKED', { revokedAtMs: startMs, suspendedAtMs: startMs }],
    ['LICENSE_SUSPENDED', { suspendedAtMs: startMs, endsAtMs: startMs, expiresAtMs: startMs }],
    ['LICENSE_EXPIRED', { endsAtMs: startMs, expiresAtMs: startMs }],
  ] as const)('is refused with %s before anything else is looked at', (error, facts) => {
    const { activate } = openSlots({ maxDevices: 0 }, facts)
    expect(activate(device('machine'))).toMatchObject({ valid: false, error })
    expect(activate(domain(''))).toMatchObject({ valid: false, error })
  })

  test.each(['', ' ', 'co.uk', 'user@example.com', 'a..b'])('of %j is no domain', (text) => {
    expect(openSlots().activate(domain(text))).toMatchObject({ error: 'DOMAIN_INVALID' })
  })

  test('takes a slot of an explicit plan too', () => {
    const { activate, values } = openSlots({ activation: 'explicit', maxDomains: 1 })
    granted(activate(domain('a.io')))
    expect(activate(domain('b.io'))).toMatchObject({ error: 'DOMAIN_LIMIT_REACHED' })
    expect(values()).toEqual(['a.io'])
  })

  test('beyond the limit says so in figures, and tells the vendor once a day of each', () => {
    const { activate, told } = openSlots({ maxDomains: 1, maxDevices: 0 })
    granted(activate(domain('a.io')))
    const fullDomains = {
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      message: 'The only domain of this license is in use.',
      details: { limit: 1, used: 1 },
    } as const
    for (const atMs of [0, 1, DAY_MS - 1, DAY_MS]) {
      expect(activate(domain('b.io'), startMs + atMs)).toEqual(fullDomains)
    }
    expect(activate(device('machine'))).toMatchObject({
      error: 'DEVICE_LIMIT_REACHED',
      message: 'This license allows no devices.',
      details: { limit: 0, used: 0 },
    })
    const reached = told().filter(([type]) => type === 'license.limit_reached')
    expect(reached).toHaveLength(3)
  })

  test('for development is on record, takes no slot and crowds out nothing', () => {
    const { activate, memory } = openSlots({ maxDomains: 1, freeDomainPatterns: ['staging.*'] })
    const local = granted(activate(domain('localhost:3000')))
    expect(local).toMatchObject({ value: 'localhost', isFree: true, root: null })
    expect(activate(domain('LOCALHOST'))).toEqual(local)
    granted(activate(domain('mysite.local')))
    granted(activate(domain('example.com')))
    expect(granted(activate(domain('staging.example.com'))).isFree).toBeTrue()
    expect(memory.license).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 1 })
  })

  test('for development is always let in: the record of that unseen for longest makes room', () => {
    const { activate, values, told, memory } = openSlots({ maxDomains: 1 })
    granted(activate(domain('example.com')))
    const hosts = Array.from({ length: 100 }, (_, index) => `host-${index}.test`)
    for (const [age, host] of hosts.entries()) granted(activate(domain(host), startMs - age))
    granted(activate(domain('one-more.test')))
    const [oldest, ...others] = hosts.reverse()
    expect(values().toSorted()).toEqual(['example.com', 'one-more.test', ...others].toSorted())
    expect(told().at(-2)).toEqual(['activation.deleted', oldest])
    expect(told().map(([type]) => type)).not.toContain('license.limit_reached')
    expect(memory.license).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 0 })
  })

  test('in place of an idle one takes along what was free beside it', () => {
    const { activate, values, told } = openSlots({
      maxDomains: 1,
      evictIdleDays: 30,
      freeDomainPatterns: ['staging.*'],
    })
    granted(activate(domain('old.io')))
    granted(activate(domain('staging.old.io')))
    const laterMs = startMs + 30 * DAY_MS
    expect(activate(domain('new.io'), laterMs - 1)).toMatchObject({ error: 'DOMAIN_LIMIT_REACHED' })
    granted(activate(domain('new.io'), laterMs))
    expect(values()).toEqual(['new.io'])
    expect(told().slice(-3)).toEqual([
      ['activation.deleted', 'old.io'],
      ['activation.deleted', 'staging.old.io'],
      ['activation.created', 'new.io'],
    ])
  })
})

describe('a deactivation', () => {
  test('frees the slot at once, also of a license that is suspended or has expired', () => {
    for (const facts of [{}, { suspendedAtMs: startMs }, { endsAtMs: 0, expiresAtMs: 0 }]) {
      const { activate, deactivate, memory, values, told } = openSlots({ maxDevices: 1 })
      const machine = granted(activate(device('machine')))
      memory.license = { ...memory.license, ...facts }
      expect(deactivate(device('machine'))).toEqual(machine)
      expect(values()).toEqual([])
      expect(told().at(-1)).toEqual(['activation.deleted', 'machine'])
    }
  })

  test('of any host that a whole domain covers frees that domain', () => {
    const { activate, deactivate } = openSlots({ domainMatch: 'subdomains' })
    granted(activate(domain('app.example.com')))
    expect(deactivate(domain('shop.example.com'))).toMatchObject({ value: 'example.com' })
  })

  test('takes along what was free beside the last of a root, and nothing sooner', () => {
    const { activate, deactivate, values } = openSlots({ freeDomainPatterns: ['staging.*'] })
    for (const text of ['a.io', 'app.a.io', 'staging.a.io', 'b.io', 'staging.b.io']) {
      granted(activate(domain(text)))
    }
    deactivate(domain('a.io'))
    expect(values()).toContain('staging.a.io')
    deactivate(domain('app.a.io'))
    expect(values()).toEqual(['b.io', 'staging.b.io'])
  })

  test('of what is not there says what is not there', () => {
    const { deactivate } = openSlots()
    expect(deactivate(domain('a.io'))).toMatchObject({
      error: 'DOMAIN_NOT_ACTIVATED',
      message: 'a.io is not activated for this license.',
    })
    expect(deactivate(domain('co.uk'))).toMatchObject({ error: 'DOMAIN_INVALID' })
    expect(deactivate(device('machine'))).toMatchObject({ error: 'DEVICE_NOT_ACTIVATED' })
  })

  test('is for the vendor alone where the plan says so, and for nobody once it is revoked', () => {
    const { activate, deactivate, memory, values } = openSlots({ selfDeactivation: false })
    granted(activate(device('machine')))
    expect(deactivate(device('machine'))).toMatchObject({ error: 'SELF_DEACTIVATION_DISABLED' })
    memory.plan = { ...memory.plan, selfDeactivation: true }
    memory.license = { ...memory.license, revokedAtMs: startMs }
    expect(deactivate(device('machine'))).toMatchObject({ error: 'LICENSE_REVOKED' })
    expect(values()).toEqual(['machine'])
  })
})

describe('the budget of deactivations', () => {
  const moveOut = ({ activate, deactivate }: ReturnType<typeof openSlots>, atMs: number) => {
    granted(activate(device('machine'), atMs))
    return deactivate(device('machine'), atMs)
  }

  test('lets the next one through when the oldest that counts is 30 days old', () => {
    const license = openSlots({ deactivationsMaxPer30Days: 2 })
    const firstMs = startMs + 400
    granted(moveOut(license, firstMs))
    granted(moveOut(license, startMs + DAY_MS))
    const refused = moveOut(license, firstMs + DEACTIVATION_WINDOW_MS - 1)
    expect(refused).toEqual({
      valid: false,
      error: 'DEACTIVATION_LIMIT_REACHED',
      message:
        'All deactivations allowed in 30 days (2) are used. The next is possible on 2026-04-05T00:00:01Z.',
      details: { limit: 2, used: 2, nextAt: '2026-04-05T00:00:01Z' },
    })
    granted(license.deactivate(device('machine'), firstMs + DEACTIVATION_WINDOW_MS))
  })

  test('says the right day also when it was lowered', () => {
    const license = openSlots()
    for (const day of [0, 1, 2]) granted(moveOut(license, startMs + day * DAY_MS))
    license.memory.plan = { ...license.memory.plan, deactivationsMaxPer30Days: 1 }
    expect(moveOut(license, startMs + 3 * DAY_MS)).toMatchObject({
      details: { limit: 1, used: 1, nextAt: '2026-04-07T00:00:00Z' },
    })
  })

  test('of none is none, on any day', () => {
    const refused = moveOut(openSlots({ deactivationsMaxPer30Days: 0 }), startMs)
    expect(refused).toMatchObject({
      error: 'DEACTIVATION_LIMIT_REACHED',
      details: { limit: 0, used: 0 },
    })
  })

  test('is not for what holds no slot, nor for the vendor', () => {
    const { activate, deactivate, remove, memory } = openSlots({ deactivationsMaxPer30Days: 0 })
    granted(activate(domain('localhost')))
    granted(deactivate(domain('localhost')))
    remove(granted(activate(device('machine'))).id)
    expect(memory.activations).toEqual([])
    expect(memory.deactivationsAtMs).toEqual([])
  })
})
