import { afterAll, describe, expect, test } from 'bun:test'
import type { Plan } from '~/domain/plans.ts'
import { startMs } from '../support/samples.ts'
import { createSlots, device, domain, faultOf, granted } from '../support/slots.ts'
import { openRulesStore } from '../support/stored-license.ts'

const store = await openRulesStore()
afterAll(() => store[Symbol.asyncDispose]())

const openSlots = (terms: Partial<Plan> = {}) => createSlots(store, terms)

describe('remove', () => {
  test('remove: ignores what the plan allows customers, and deletes dependent free domains', async () => {
    const terms = { selfDeactivation: false, freeDomainPatterns: ['staging.*'] }
    const { activate, remove, values } = await openSlots(terms)
    const slot = await granted(activate(domain('a.io')))
    await granted(activate(domain('staging.a.io')))
    expect(await remove(slot.id)).toEqual(slot)
    expect(await values()).toEqual([])
  })

  test('remove: an unknown id is not found, and a revoked license keeps its activations', async () => {
    const { activate, remove, license } = await openSlots()
    const machine = await granted(activate(device('machine')))
    expect(await faultOf(remove('act_none'))).toBe('not_found')
    await license.update({ revokedAtMs: startMs })
    expect(await faultOf(remove(machine.id))).toBe('invalid_transition')
    expect(await license.activations()).toEqual([machine])
  })
})

describe('move', () => {
  test('move: keeps the slot and the name with no slot free, and appends an event for each end', async () => {
    const { activate, move, license, events } = await openSlots({ maxDevices: 1 })
    const old = await granted(activate(device('old'), startMs, "Ada's laptop"))
    const moved = await move(old.id, device('new'))
    expect(moved).toMatchObject({ kind: 'device', value: 'new', name: "Ada's laptop" })
    expect(moved.id).not.toBe(old.id)
    expect(await license.activations()).toEqual([moved])
    expect((await license.license()).devicesUsed).toBe(1)
    expect((await events()).slice(-2)).toEqual([
      ['activation.deleted', 'old'],
      ['activation.created', 'new'],
    ])
  })

  test('move: works above a lowered limit, while suspended and after expiration', async () => {
    for (const facts of [{ suspendedAtMs: startMs }, { endsAtMs: 0, expiresAtMs: 0 }, {}]) {
      const { activate, move, license, values } = await openSlots({ maxDomains: 2 })
      const old = await granted(activate(domain('a.io')))
      await granted(activate(domain('b.io')))
      await license.updatePlan({ maxDomains: 1 })
      await license.update(facts)
      await move(old.id, domain('c.io'))
      expect(await values()).toEqual(['b.io', 'c.io'])
    }
  })

  test('move: a host of a free pattern keeps the slot, a development host gives it up', async () => {
    const { activate, move, license } = await openSlots({
      maxDomains: 1,
      freeDomainPatterns: ['staging.*'],
    })
    const first = await granted(activate(domain('a.io')))
    const second = await move(first.id, domain('staging.a.io'))
    expect(second.isFree).toBeFalse()
    expect(await license.license()).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 0 })
    expect((await move(second.id, domain('localhost'))).isFree).toBeTrue()
    expect(await license.license()).toMatchObject({ domainsUsed: 0, freeDomainsUsed: 0 })
  })

  test('move: dependent free domains are deleted unless the root stays the same', async () => {
    const { activate, move, values } = await openSlots({ freeDomainPatterns: ['staging.*'] })
    const first = await granted(activate(domain('a.io')))
    await granted(activate(domain('staging.a.io')))
    const second = await move(first.id, domain('app.a.io'))
    expect(await values()).toEqual(['staging.a.io', 'app.a.io'])
    await move(second.id, domain('b.io'))
    expect(await values()).toEqual(['b.io'])
  })

  test('move: moving to the same value changes nothing', async () => {
    const { activate, move, events } = await openSlots({ domainMatch: 'subdomains' })
    const old = await granted(activate(domain('a.io')))
    expect(await move(old.id, domain('www.a.io'))).toEqual(old)
    expect(await move(old.id, domain('shop.a.io'))).toEqual(old)
    expect(await events()).toHaveLength(1)
  })

  test('move: a host activated before the plan matched subdomains becomes its whole domain', async () => {
    const { activate, move, license, values } = await openSlots({ domainMatch: 'exact' })
    const old = await granted(activate(domain('app.a.io')))
    await license.updatePlan({ domainMatch: 'subdomains' })
    await move(old.id, domain('a.io'))
    expect(await values()).toEqual(['a.io'])
  })

  test('move: refused to an occupied value, for a free domain, and on a revoked license', async () => {
    const { activate, move, license, values } = await openSlots({
      freeDomainPatterns: ['staging.*'],
    })
    const a = await granted(activate(domain('a.io')))
    const free = await granted(activate(domain('staging.a.io')))
    await granted(activate(domain('b.io')))
    const machine = await granted(activate(device('m1')))
    await granted(activate(device('m2')))
    const before = await values()
    expect(await faultOf(move(a.id, domain('b.io')))).toBe('already_exists')
    expect(await faultOf(move(a.id, domain('staging.a.io')))).toBe('already_exists')
    expect(await faultOf(move(machine.id, device('m2')))).toBe('already_exists')
    expect(await faultOf(move(free.id, domain('staging.b.io')))).toBe('invalid_transition')
    expect(await faultOf(move(a.id, domain('co.uk')))).toBe('validation_failed')
    expect(await faultOf(move('act_none', domain('c.io')))).toBe('not_found')
    await license.update({ revokedAtMs: startMs })
    expect(await faultOf(move(a.id, domain('c.io')))).toBe('invalid_transition')
    expect(await values()).toEqual(before)
  })
})
