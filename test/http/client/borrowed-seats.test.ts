import { expect, test } from 'bun:test'
import { DAY_MS, SECOND_MS } from '~/domain/times.ts'
import { correctTimes } from '~/jobs/correct-times.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'
import { openSignedApp, toSeconds } from '../../support/signed.ts'

const start = toSeconds('2026-03-06T00:00:00Z')
const days = (count: number) => start + count * 86_400
const stillRunning = new AbortController().signal

/** Opens a license with one seat, leases of a minute, and borrowing for up to ten days. */
async function openWithBorrowing(terms: object = {}) {
  const app = await openSignedApp({
    max_seats: 1,
    seat_lease_seconds: 60,
    borrow_days_max: 10,
    ...terms,
  })
  const post = (path: string, fields: object) =>
    app.post(`seats/${path}`, { key: app.key, ...fields })
  return {
    ...app,
    borrow: (fingerprint: string, borrowDays: unknown, fields: object = {}) =>
      post('acquire', { fingerprint, borrow_days: borrowDays, ...fields }),
    acquire: (fingerprint: string) => post('acquire', { fingerprint }),
    renew: (id: string) => post('renew', { id }),
    release: (id: string) => post('release', { id }),
    seats: async () => (await app.send('GET', `/api/v1/licenses/${app.id}/seats`)).body.data,
  }
}

test('seats: a borrowed seat is in use without being renewed, to the millisecond, and then free', async () => {
  await using app = await openWithBorrowing()
  const { status, body } = await app.borrow('ada', 3)
  expect(status).toBe(200)
  expect(body).toEqual({ id: expect.any(String), expires_at: '2026-03-09T00:00:00Z' })
  expect(await app.seats()).toMatchObject([{ id: body.id, borrowed_days: 3 }])
  app.clock.advanceMs(3 * DAY_MS - 1)
  expectRefusal(await app.acquire('bob'), 'SEAT_LIMIT_REACHED', { limit: 1, used: 1 })
  app.clock.advanceMs(1)
  expect((await app.acquire('bob')).status).toBe(200)
  expect(await app.seats()).toMatchObject([{ fingerprint: 'bob', borrowed_days: null }])
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.limit_reached'])
})

test('seats: renewing or acquiring a borrowed seat never shortens it', async () => {
  await using app = await openWithBorrowing()
  const { id, expires_at } = (await app.borrow('ada', 5)).body
  app.clock.advanceMs(DAY_MS)
  expect((await app.renew(id)).body).toEqual({ id, expires_at })
  expect((await app.acquire('ada')).body).toEqual({ id, expires_at })
  expect((await app.borrow('ada', 2)).body).toEqual({ id, expires_at })
  expect(await app.seats()).toMatchObject([{ expires_at, borrowed_days: 5 }])
  app.clock.advanceMs(4 * DAY_MS - 30 * SECOND_MS)
  expect((await app.renew(id)).body).toEqual({ id, expires_at: '2026-03-11T00:00:30Z' })
  expect(await app.seats()).toMatchObject([{ id, borrowed_days: null }])
})

test('seats: borrowing again extends a borrowed seat', async () => {
  await using app = await openWithBorrowing()
  const { id } = (await app.borrow('ada', 5)).body
  app.clock.advanceMs(DAY_MS)
  expect((await app.borrow('ada', 10)).body).toEqual({ id, expires_at: '2026-03-17T00:00:00Z' })
  expect(await app.seats()).toMatchObject([{ id, borrowed_days: 10 }])
})

test('seats: a seat that an app holds can be borrowed, and no borrowed seat is shorter than a usual one', async () => {
  await using app = await openWithBorrowing({ seat_lease_seconds: 2 * 86_400 })
  const { id } = (await app.acquire('ada')).body
  expect((await app.borrow('ada', 1)).body).toEqual({ id, expires_at: '2026-03-08T00:00:00Z' })
  expect((await app.borrow('ada', 3)).body).toEqual({ id, expires_at: '2026-03-09T00:00:00Z' })
})

test('seats: a borrowed seat that is released is free at once', async () => {
  await using app = await openWithBorrowing()
  const { id } = (await app.borrow('ada', 10)).body
  expectRefusal(await app.borrow('bob', 1), 'SEAT_LIMIT_REACHED', { limit: 1, used: 1 })
  expect((await app.release(id)).body).toEqual({ id, expires_at: '2026-03-06T00:00:00Z' })
  expect((await app.borrow('bob', 1)).status).toBe(200)
  expectRefusal(await app.renew(id), 'SEAT_NOT_FOUND')
  expect(await app.seats()).toMatchObject([{ fingerprint: 'bob', borrowed_days: 1 }])
})

test('seats: the vendor can release a borrowed seat', async () => {
  await using app = await openWithBorrowing()
  const { id } = (await app.borrow('ada', 10)).body
  const path = `/api/v1/licenses/${app.id}/seats/${id}`
  expect((await app.send('DELETE', path)).body).toMatchObject({ id, borrowed_days: 10 })
  expect((await app.acquire('bob')).status).toBe(200)
})

test('seats: of many who borrow the last seat at once, one gets it', async () => {
  await using app = await openWithBorrowing()
  const users = Array.from({ length: 30 }, (_, index) => `user-${index}`)
  const responses = await Promise.all(users.map((user) => app.borrow(user, 1 + (user.length % 9))))
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await app.seats()).toHaveLength(1)
})

test('seats: a plan without borrowing refuses it, and takes no seat', async () => {
  await using app = await openWithBorrowing({ borrow_days_max: 0 })
  expectRefusal(await app.borrow('ada', 1), 'BORROWING_NOT_ALLOWED')
  const signed = await app.borrow('ada', 1, { nonce: 'a-nonce-of-this-test' })
  expect(await app.answer(signed)).toMatchObject({ valid: false, error: 'BORROWING_NOT_ALLOWED' })
  expect(await app.seats()).toEqual([])
  expect((await app.borrow('ada', null)).status).toBe(200)
  expect(await app.seats()).toMatchObject([{ borrowed_days: null }])
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('seats: borrowing for longer than the plan allows is refused, and keeps the seat as it is', async () => {
  await using app = await openWithBorrowing()
  const { id, expires_at } = (await app.acquire('ada')).body
  const details = { limit: 10, requested: 11 }
  expectRefusal(await app.borrow('ada', 11), 'BORROW_TOO_LONG', details)
  expectRefusal(await app.borrow('bob', 11), 'BORROW_TOO_LONG', details)
  expect(await app.seats()).toMatchObject([{ id, expires_at, borrowed_days: null }])
})

test('seats: a change of borrow_days_max applies to the next time a seat is borrowed', async () => {
  await using app = await openWithBorrowing()
  const { id, expires_at } = (await app.borrow('ada', 10)).body
  await app.send('PUT', '/api/v1/plans/sold', { borrow_days_max: 2 })
  expectRefusal(await app.borrow('ada', 3), 'BORROW_TOO_LONG', { limit: 2, requested: 3 })
  expect((await app.borrow('ada', 2)).body).toEqual({ id, expires_at })
  await app.send('PUT', '/api/v1/plans/sold', { borrow_days_max: 0, seat_lease_seconds: 1 })
  expectRefusal(await app.borrow('ada', 1), 'BORROWING_NOT_ALLOWED')
  expect((await app.renew(id)).body).toEqual({ id, expires_at })
  await app.send('PUT', '/api/v1/plans/sold', { borrow_days_max: 365 })
  const { body } = await app.borrow('ada', 365)
  expect(body).toEqual({ id, expires_at: '2027-03-06T00:00:00Z' })
})

test('seats: borrow_days is a positive whole number, or null', async () => {
  await using app = await openWithBorrowing()
  for (const days of [0, -1, 1.5, '3', true, [], 36_501]) {
    expectProblem(await app.borrow('ada', days), 422, 'validation_failed', ['/borrow_days'])
  }
  expect(await app.seats()).toEqual([])
})

test('seats: correcting times does not cut a borrowed seat, unless the clock was ahead', async () => {
  await using app = await openWithBorrowing({ max_seats: 2 })
  const correct = () => correctTimes.run(app.deps, stillRunning)
  const { expires_at } = (await app.borrow('ada', 5)).body
  expect(await correct()).toBe(0)
  expect(await app.seats()).toMatchObject([{ expires_at }])
  app.clock.jumpMs(100 * DAY_MS)
  await app.borrow('eve', 7)
  app.clock.jumpMs(-100 * DAY_MS)
  expect(await correct()).toBe(1)
  expect(await app.seats()).toMatchObject([
    { fingerprint: 'eve', expires_at: '2026-03-13T00:00:00Z', borrowed_days: 7 },
    { fingerprint: 'ada', expires_at },
  ])
})

test('seats: renewing a seat that was borrowed ahead of time ends it within its length', async () => {
  await using app = await openWithBorrowing()
  app.clock.jumpMs(100 * DAY_MS)
  const { id } = (await app.borrow('ada', 4)).body
  app.clock.jumpMs(-100 * DAY_MS)
  expect((await app.renew(id)).body).toEqual({ id, expires_at: '2026-03-10T00:00:00Z' })
})

test('seats: a suspended license keeps its borrowed seats, and lends and renews none', async () => {
  await using app = await openWithBorrowing()
  const { id } = (await app.borrow('ada', 4)).body
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  expectRefusal(await app.borrow('ada', 4), 'LICENSE_SUSPENDED')
  expectRefusal(await app.renew(id), 'LICENSE_SUSPENDED')
  expect(await app.seats()).toMatchObject([{ id, borrowed_days: 4 }])
  expect((await app.release(id)).status).toBe(200)
})

test('seats: the lease of a borrowed seat ends with the seat, the license or the plan, whichever is first', async () => {
  await using app = await openWithBorrowing({ borrow_days_max: 365, max_seats: 10 })
  const { key } = await app.createLicense({ plan: 'sold', expires_at: '2026-03-26T00:00:00Z' })
  for (const [own, borrowed, exp] of [
    [app.key, 5, 5],
    [app.key, 60, 30],
    [key, 5, 5],
    [key, 25, 20],
  ] as const) {
    const fields = { key: own, fingerprint: `for-${borrowed}`, borrow_days: borrowed }
    const response = await app.ask('seats/acquire', fields)
    expect(await app.lease(response)).toMatchObject({
      sea: { id: response.body.id, exp: days(borrowed) },
      exp: days(exp),
      rfa: days(1),
      vld: days(Math.min(7, exp)),
    })
  }
})

test('seats: acquiring a borrowed seat again gets a lease for the rest of it', async () => {
  await using app = await openWithBorrowing()
  await app.borrow('ada', 10)
  app.clock.advanceMs(4 * DAY_MS)
  const response = await app.ask('seats/acquire', { fingerprint: 'ada' })
  expect(await app.lease(response)).toMatchObject({ sea: { exp: days(10) }, exp: days(10) })
})
