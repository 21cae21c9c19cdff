import { afterAll, describe, expect, test } from 'bun:test'
import type { SeatKey } from '~/domain/seats.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal, type Seat } from '~/domain/seats.ts'
import { DAY_MS } from '~/domain/times.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import { createId, startMs } from '../support/samples.ts'
import { openRulesStore, StoredLicense } from '../support/stored-license.ts'

const LEASE_MS = 60_000
const seatNotFound = { valid: false, error: 'SEAT_NOT_FOUND' }

const store = await openRulesStore()
afterAll(() => store[Symbol.asyncDispose]())

/** Creates a license with floating seats. Every time is in ms after the start. */
async function openSeats(maxSeats: number | null) {
  const terms = { maxSeats, seatLeaseSeconds: LEASE_MS / 1000 }
  const license = await StoredLicense.create(store, terms)
  const query = (seat: SeatKey, nowMs: number) => ({ intent: 'seat', seat, nowMs }) as const
  return {
    license,
    acquire: (
      fingerprint: string,
      atMs = 0,
      name: string | null = null,
      borrowDays: number | null = null,
    ) => {
      const nowMs = startMs + atMs
      const request = { fingerprint, name, borrowDays }
      return license.decide(query({ fingerprint }, nowMs), (state) =>
        decideAcquisition(state, request, createId('seat'), nowMs),
      )
    },
    renew: (id: string, atMs: number) => {
      const nowMs = startMs + atMs
      return license.decide(query({ id }, nowMs), (state) => decideSeatRenewal(state, nowMs))
    },
    release: (id: string, atMs = 0) => {
      const nowMs = startMs + atMs
      return license.decide(query({ id }, nowMs), (state) => decideRelease(state, nowMs))
    },
  }
}

/** Returns the seat, or throws when it was refused. */
async function granted(outcome: Promise<Seat | Refusal>): Promise<Seat> {
  const seat = await outcome
  if (isRefusal(seat)) throw new Error(seat.message)
  return seat
}

describe('seat', () => {
  test('seat: in use until its lease expires, to the millisecond', async () => {
    const { acquire } = await openSeats(1)
    const seat = await granted(acquire('ada'))
    expect(seat).toMatchObject({
      fingerprint: 'ada',
      acquiredAtMs: startMs,
      expiresAtMs: startMs + LEASE_MS,
    })
    expect(await acquire('bob', LEASE_MS - 1)).toEqual({
      valid: false,
      error: 'SEAT_LIMIT_REACHED',
      message: 'The only seat of this license is in use.',
      details: { limit: 1, used: 1 },
    })
    expect((await granted(acquire('bob', LEASE_MS))).id).not.toBe(seat.id)
  })

  test('seat: acquiring again returns the same seat with a new lease and the latest name', async () => {
    const { acquire } = await openSeats(1)
    const first = await granted(acquire('ada', 0, 'Desk'))
    const again = await granted(acquire('ada', 10))
    expect(again).toEqual({ ...first, expiresAtMs: startMs + LEASE_MS + 10 })
    expect((await granted(acquire('ada', 20, 'Laptop'))).name).toBe('Laptop')
  })

  test('seat: a renewal uses the current lease duration of the plan', async () => {
    const { acquire, renew, license } = await openSeats(1)
    const { id } = await granted(acquire('ada'))
    expect((await granted(renew(id, 1000))).expiresAtMs).toBe(startMs + 1000 + LEASE_MS)
    await license.updatePlan({ seatLeaseSeconds: 1 })
    expect((await granted(renew(id, 2000))).expiresAtMs).toBe(startMs + 3000)
  })

  test('seat: an expired seat can be renewed or acquired again only while one is free', async () => {
    const { acquire, renew } = await openSeats(1)
    const { id } = await granted(acquire('ada'))
    const renewed = await granted(renew(id, LEASE_MS))
    expect(renewed).toMatchObject({ id, acquiredAtMs: startMs + LEASE_MS })
    const bob = await granted(acquire('bob', 2 * LEASE_MS))
    expect(await renew(id, 2 * LEASE_MS + 1)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
    expect(await acquire('ada', 2 * LEASE_MS + 1)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
    expect((await granted(acquire('ada', 3 * LEASE_MS))).id).toBe(id)
    expect(await renew(bob.id, 3 * LEASE_MS)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
  })

  test('seat: a released seat is free at once', async () => {
    const { acquire, release } = await openSeats(1)
    const { id } = await granted(acquire('ada'))
    expect(await granted(release(id, 5))).toMatchObject({ id, expiresAtMs: startMs + 5 })
    await granted(acquire('bob', 5))
  })

  test('seat: a released seat can be neither released nor renewed again', async () => {
    const { acquire, release, renew } = await openSeats(1)
    const { id } = await granted(acquire('ada'))
    await granted(release(id))
    expect(await release(id)).toMatchObject(seatNotFound)
    expect(await renew(id, 0)).toMatchObject(seatNotFound)
    expect((await granted(acquire('ada'))).id).not.toBe(id)
  })

  test('seat: releasing an expired seat keeps the time at which it expired', async () => {
    const { acquire, release, renew } = await openSeats(1)
    const { id } = await granted(acquire('ada'))
    expect((await granted(release(id, LEASE_MS + 7))).expiresAtMs).toBe(startMs + LEASE_MS)
    expect(await renew(id, LEASE_MS + 8)).toMatchObject(seatNotFound)
  })
})

describe('seat limit', () => {
  test('seat limit: 0 grants none, and null grants any number', async () => {
    const none = await openSeats(0)
    expect(await none.acquire('ada')).toMatchObject({
      error: 'SEAT_LIMIT_REACHED',
      message: 'This license allows no seats.',
      details: { limit: 0, used: 0 },
    })
    const { acquire, license } = await openSeats(null)
    for (let index = 0; index < 50; index += 1) await granted(acquire(`user-${index}`))
    expect(await license.seats()).toHaveLength(50)
  })

  test('seat limit: lowering it keeps the seats in use and refuses new ones', async () => {
    const { acquire, renew, license } = await openSeats(3)
    const ada = await granted(acquire('ada'))
    const bob = await granted(acquire('bob'))
    await license.updatePlan({ maxSeats: 1 })
    for (const seat of [ada, bob]) await granted(renew(seat.id, LEASE_MS - 1))
    expect(await acquire('eve', LEASE_MS - 1)).toMatchObject({ details: { limit: 1, used: 2 } })
    const expiredMs = 2 * LEASE_MS - 1
    await granted(acquire('eve', expiredMs))
    expect(await renew(ada.id, expiredMs)).toMatchObject({ error: 'SEAT_LIMIT_REACHED' })
  })

  test('seat limit: reaching it is notified once a day, and seats append no other event', async () => {
    const { acquire, release, license } = await openSeats(0)
    for (const atMs of [0, 1, DAY_MS - 1, DAY_MS]) await acquire('ada', atMs)
    await license.updatePlan({ maxSeats: 1 })
    await release((await granted(acquire('ada', DAY_MS))).id, DAY_MS)
    expect((await license.events()).map(({ type, extra }) => [type, extra])).toEqual([
      ['license.limit_reached', { limit: { name: 'seats', limit: 0, used: 0 } }],
      ['license.limit_reached', { limit: { name: 'seats', limit: 0, used: 0 } }],
    ])
  })
})

test.each([
  ['LICENSE_REVOKED', { revokedAtMs: startMs }],
  ['LICENSE_SUSPENDED', { suspendedAtMs: startMs }],
  ['LICENSE_EXPIRED', { expiresAtMs: startMs, endsAtMs: startMs }],
] as const)(
  'seat: %s refuses to acquire and renew, but a seat can still be released',
  async (error, facts) => {
    const { acquire, renew, release, license } = await openSeats(null)
    const { id } = await granted(acquire('ada'))
    await license.update(facts)
    expect(await acquire('ada', 1)).toMatchObject({ error })
    expect(await renew(id, 1)).toMatchObject({ error })
    expect(await renew('seat_none', 1)).toMatchObject({ error })
    expect((await granted(release(id, 1))).id).toBe(id)
  },
)

test('seat: does not need a device activation', async () => {
  const { acquire, license } = await openSeats(1)
  await license.updatePlan({ maxDevices: 0 })
  await granted(acquire('ada'))
  expect(await license.activations()).toEqual([])
})
