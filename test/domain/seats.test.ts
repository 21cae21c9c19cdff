import { describe, expect, test } from 'bun:test'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal, type Seat } from '~/domain/seats.ts'
import { DAY_MS } from '~/domain/times.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import { MemoryLicense } from '../support/memory-license.ts'
import { createId, startMs } from '../support/samples.ts'

const LEASE_MS = 60_000
const seatNotFound = { valid: false, error: 'SEAT_NOT_FOUND' }

/** A license of floating seats; every time is in ms after the start. */
function open(maxSeats: number | null, facts: Partial<License> = {}) {
  const memory = new MemoryLicense({ maxSeats, seatLeaseSeconds: LEASE_MS / 1000 }, facts)
  return {
    memory,
    setPlan: (terms: Partial<Plan>) => {
      memory.plan = { ...memory.plan, ...terms }
    },
    acquire: (fingerprint: string, atMs = 0, name: string | null = null) => {
      const nowMs = startMs + atMs
      return memory.decide({ seat: { fingerprint, nowMs } }, (subject) =>
        decideAcquisition(subject, { fingerprint, name }, createId('seat'), nowMs),
      )
    },
    renew: (id: string, atMs: number) => {
      const nowMs = startMs + atMs
      return memory.decide({ seat: { id, nowMs } }, (subject) => decideSeatRenewal(subject, nowMs))
    },
    release: (id: string, atMs = 0) => {
      const nowMs = startMs + atMs
      return memory.decide({ seat: { id, nowMs } }, (subject) => decideRelease(subject, nowMs))
    },
  }
}

function granted(outcome: Seat | Refusal): Seat {
  if (isRefusal(outcome)) throw new Error(outcome.message)
  return outcome
}

describe('a seat', () => {
  test('is held for its lease, and free to the millisecond when that ends', () => {
    const { acquire } = open(1)
    const seat = granted(acquire('ada'))
    expect(seat).toMatchObject({
      fingerprint: 'ada',
      acquiredAtMs: startMs,
      expiresAtMs: startMs + LEASE_MS,
    })
    expect(acquire('bob', LEASE_MS - 1)).toEqual({
      valid: false,
      error: 'SEAT_LIMIT_REACHED',
      message: 'The only seat of this license is in use.',
      details: { limit: 1, used: 1 },
    })
    expect(granted(acquire('bob', LEASE_MS)).id).not.toBe(seat.id)
  })

  test('is the same again for its holder, with a new lease and the name last given', () => {
    const { acquire } = open(1)
    const first = granted(acquire('ada', 0, 'Desk'))
    const again = granted(acquire('ada', 10))
    expect(again).toEqual({ ...first, expiresAtMs: startMs + LEASE_MS + 10 })
    expect(granted(acquire('ada', 20, 'Laptop')).name).toBe('Laptop')
  })

  test('is renewed for another lease of the plan as it is now', () => {
    const { acquire, renew, setPlan } = open(1)
    const { id } = granted(acquire('ada'))
    expect(granted(renew(id, 1000)).expiresAtMs).toBe(startMs + 1000 + LEASE_MS)
    setPlan({ seatLeaseSeconds: 1 })
    expect(granted(renew(id, 2000)).expiresAtMs).toBe(startMs + 3000)
  })

  test('that lapsed is taken up again while one is free, and no longer', () => {
    const { acquire, renew } = open(1)
    const { id } = granted(acquire('ada'))
    const renewed = granted(renew(id, LEASE_MS))
    expect(renewed).toMatchObject({ id, acquiredAtMs: startMs + LEASE_MS })
    const bob = granted(acquire('bob', 2 * LEASE_MS))
    expect(renew(id, 2 * LEASE_MS + 1)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
    expect(acquire('ada', 2 * LEASE_MS + 1)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
    expect(granted(acquire('ada', 3 * LEASE_MS)).id).toBe(id)
    expect(renew(bob.id, 3 * LEASE_MS)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
  })

  test('is free at once when it is released, whoever waits', () => {
    const { acquire, release } = open(1)
    const { id } = granted(acquire('ada'))
    expect(granted(release(id, 5))).toMatchObject({ id, expiresAtMs: startMs + 5 })
    granted(acquire('bob', 5))
  })

  test('that was released is gone: it is neither released nor renewed again', () => {
    const { acquire, release, renew } = open(1)
    const { id } = granted(acquire('ada'))
    granted(release(id))
    expect(release(id)).toMatchObject(seatNotFound)
    expect(renew(id, 0)).toMatchObject(seatNotFound)
    expect(granted(acquire('ada')).id).not.toBe(id)
  })

  test('that has lapsed is released for good, at the time it lapsed', () => {
    const { acquire, release, renew } = open(1)
    const { id } = granted(acquire('ada'))
    expect(granted(release(id, LEASE_MS + 7)).expiresAtMs).toBe(startMs + LEASE_MS)
    expect(renew(id, LEASE_MS + 8)).toMatchObject(seatNotFound)
  })
})

describe('the limit of seats', () => {
  test('of 0 grants none, of null any number', () => {
    expect(open(0).acquire('ada')).toMatchObject({
      error: 'SEAT_LIMIT_REACHED',
      message: 'This license allows no seats.',
      details: { limit: 0, used: 0 },
    })
    const unlimited = open(null)
    for (let index = 0; index < 50; index += 1) granted(unlimited.acquire(`user-${index}`))
    expect(unlimited.memory.seats).toHaveLength(50)
  })

  test('that was lowered keeps who sits and refuses who comes', () => {
    const { acquire, renew, setPlan } = open(3)
    const [ada, bob] = ['ada', 'bob'].map((user) => granted(acquire(user)))
    setPlan({ maxSeats: 1 })
    for (const seat of [ada, bob]) granted(renew(seat?.id ?? '', LEASE_MS - 1))
    expect(acquire('eve', LEASE_MS - 1)).toMatchObject({ details: { limit: 1, used: 2 } })
    const lapsedMs = 2 * LEASE_MS - 1
    granted(acquire('eve', lapsedMs))
    expect(renew(ada?.id ?? '', lapsedMs)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
  })

  test('is told of once a day, and seats tell of nothing else', () => {
    const { acquire, release, memory } = open(0)
    for (const atMs of [0, 1, DAY_MS - 1, DAY_MS]) acquire('ada', atMs)
    memory.plan = { ...memory.plan, maxSeats: 1 }
    release(granted(acquire('ada', DAY_MS)).id, DAY_MS)
    expect(memory.events.map(({ type, extra }) => [type, extra])).toEqual([
      ['license.limit_reached', { limit: { name: 'seats', limit: 0, used: 0 } }],
      ['license.limit_reached', { limit: { name: 'seats', limit: 0, used: 0 } }],
    ])
  })
})

describe('a license that is not good', () => {
  const states = [
    ['LICENSE_REVOKED', { revokedAtMs: startMs }],
    ['LICENSE_SUSPENDED', { suspendedAtMs: startMs }],
    ['LICENSE_EXPIRED', { expiresAtMs: startMs, endsAtMs: startMs }],
  ] as const

  test.each(states)(
    '%s: grants and renews no seat, and lets go of those it has',
    (error, facts) => {
      const { acquire, renew, release, memory } = open(null)
      const { id } = granted(acquire('ada'))
      memory.license = { ...memory.license, ...facts }
      expect(acquire('ada', 1)).toMatchObject({ error })
      expect(renew(id, 1)).toMatchObject({ error })
      expect(renew('seat_none', 1)).toMatchObject({ error })
      expect(granted(release(id, 1)).id).toBe(id)
    },
  )
})

test('a seat needs no device slot', () => {
  const { acquire, memory, setPlan } = open(1)
  setPlan({ maxDevices: 0 })
  granted(acquire('ada'))
  expect(memory.activations).toEqual([])
})
