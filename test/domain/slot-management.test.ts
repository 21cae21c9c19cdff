import { describe, expect, test } from 'bun:test'
import { device, domain, faultOf, granted, openSlots } from '../support/memory-slots.ts'
import { startMs } from '../support/samples.ts'

describe('a removal by the vendor', () => {
  test('goes past every term of the plan, and takes along what was free beside', () => {
    const terms = { selfDeactivation: false, freeDomainPatterns: ['staging.*'] }
    const { activate, remove, values } = openSlots(terms)
    const slot = granted(activate(domain('a.io')))
    granted(activate(domain('staging.a.io')))
    expect(remove(slot.id)).toEqual(slot)
    expect(values()).toEqual([])
  })

  test('finds what is there, and leaves a revoked license as it was', () => {
    const { activate, remove, memory } = openSlots()
    const machine = granted(activate(device('machine')))
    expect(faultOf(() => remove('act_none'))).toBe('not_found')
    memory.license = { ...memory.license, revokedAtMs: startMs }
    expect(faultOf(() => remove(machine.id))).toBe('invalid_transition')
    expect(memory.activations).toEqual([machine])
  })
})

describe('a move', () => {
  test('keeps the slot and its name, though none is free, and tells of both ends', () => {
    const { activate, move, memory, told } = openSlots({ maxDevices: 1 })
    const old = granted(activate(device('old'), startMs, "Ada's laptop"))
    const moved = move(old.id, device('new'))
    expect(moved).toMatchObject({ kind: 'device', value: 'new', name: "Ada's laptop" })
    expect(moved.id).not.toBe(old.id)
    expect(memory.activations).toEqual([moved])
    expect(memory.license.devicesUsed).toBe(1)
    expect(told().slice(-2)).toEqual([
      ['activation.deleted', 'old'],
      ['activation.created', 'new'],
    ])
  })

  test('is possible above a lowered limit, while suspended and after expiry', () => {
    for (const facts of [{ suspendedAtMs: startMs }, { endsAtMs: 0, expiresAtMs: 0 }, {}]) {
      const { activate, move, memory, values } = openSlots({ maxDomains: 2 })
      const old = granted(activate(domain('a.io')))
      granted(activate(domain('b.io')))
      memory.plan = { ...memory.plan, maxDomains: 1 }
      memory.license = { ...memory.license, ...facts }
      move(old.id, domain('c.io'))
      expect(values()).toEqual(['b.io', 'c.io'])
    }
  })

  test('takes the slot to a pattern host, and gives it up for a development host', () => {
    const { activate, move, memory } = openSlots({
      maxDomains: 1,
      freeDomainPatterns: ['staging.*'],
    })
    const first = granted(activate(domain('a.io')))
    const second = move(first.id, domain('staging.a.io'))
    expect(second.isFree).toBeFalse()
    expect(memory.license).toMatchObject({ domainsUsed: 1, freeDomainsUsed: 0 })
    expect(move(second.id, domain('localhost')).isFree).toBeTrue()
    expect(memory.license).toMatchObject({ domainsUsed: 0, freeDomainsUsed: 0 })
  })

  test('leaves behind what was free beside it, unless it stays under the same root', () => {
    const { activate, move, values } = openSlots({ freeDomainPatterns: ['staging.*'] })
    const first = granted(activate(domain('a.io')))
    granted(activate(domain('staging.a.io')))
    const second = move(first.id, domain('app.a.io'))
    expect(values()).toEqual(['staging.a.io', 'app.a.io'])
    move(second.id, domain('b.io'))
    expect(values()).toEqual(['b.io'])
  })

  test('to where it is already changes nothing', () => {
    const { activate, move, told } = openSlots({ domainMatch: 'subdomains' })
    const old = granted(activate(domain('a.io')))
    expect(move(old.id, domain('www.a.io'))).toEqual(old)
    expect(move(old.id, domain('shop.a.io'))).toEqual(old)
    expect(told()).toHaveLength(1)
  })

  test('makes a host of an older plan the whole domain that it stands for', () => {
    const { activate, move, memory, values } = openSlots({ domainMatch: 'exact' })
    const old = granted(activate(domain('app.a.io')))
    memory.plan = { ...memory.plan, domainMatch: 'subdomains' }
    move(old.id, domain('a.io'))
    expect(values()).toEqual(['a.io'])
  })

  test('is refused to an occupied place, of a free domain, and of a revoked license', () => {
    const { activate, move, memory, values } = openSlots({ freeDomainPatterns: ['staging.*'] })
    const a = granted(activate(domain('a.io')))
    const free = granted(activate(domain('staging.a.io')))
    granted(activate(domain('b.io')))
    const machine = granted(activate(device('m1')))
    granted(activate(device('m2')))
    const before = values()
    expect(faultOf(() => move(a.id, domain('b.io')))).toBe('already_exists')
    expect(faultOf(() => move(a.id, domain('staging.a.io')))).toBe('already_exists')
    expect(faultOf(() => move(machine.id, device('m2')))).toBe('already_exists')
    expect(faultOf(() => move(free.id, domain('staging.b.io')))).toBe('invalid_transition')
    expect(faultOf(() => move(a.id, domain('co.uk')))).toBe('validation_failed')
    expect(faultOf(() => move('act_none', domain('c.io')))).toBe('not_found')
    memory.license = { ...memory.license, revokedAtMs: startMs }
    expect(faultOf(() => move(a.id, domain('c.io')))).toBe('invalid_transition')
    expect(values()).toEqual(before)
  })
})
