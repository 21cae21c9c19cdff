import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { openLicensedApp } from '../../support/licensed-app.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'

const LEASE_MS = 60_000

/** Opens a license with two floating seats and leases of one minute. */
async function openWithSeats(terms: object = {}) {
  const seats = { max_devices: 0, max_seats: 2, seat_lease_seconds: LEASE_MS / 1000 }
  const app = await openLicensedApp({ ...seats, ...terms })
  const path = `/api/v1/licenses/${app.id}/seats`
  return {
    ...app,
    path,
    acquire: (fingerprint: string, name?: string) =>
      app.callWithKey('seats/acquire', { fingerprint, name }),
    renew: (id: string) => app.callWithKey('seats/renew', { id }),
    release: (id: string) => app.callWithKey('seats/release', { id }),
    holders: async () => {
      const { body } = await app.send('GET', path)
      return body.data.map(({ fingerprint }: { fingerprint: string }) => fingerprint)
    },
  }
}

test('seats: acquiring again with the same fingerprint renews the same seat', async () => {
  await using app = await openWithSeats()
  const { status, body } = await app.acquire('ada')
  expect(status).toBe(200)
  expect(body).toEqual({
    id: expect.stringMatching(/^seat_[0-9a-z]{26}$/),
    expires_at: '2026-03-06T00:01:00Z',
  })
  app.clock.advanceMs(30_000)
  expect((await app.acquire('ada')).body).toEqual({
    id: body.id,
    expires_at: '2026-03-06T00:01:30Z',
  })
  expect(await app.holders()).toEqual(['ada'])
})

test('seats: a full license refuses a seat until a lease expires, to the millisecond', async () => {
  await using app = await openWithSeats()
  await app.acquire('ada')
  app.clock.advanceMs(1)
  await app.acquire('bob')
  const details = { limit: 2, used: 2 }
  app.clock.advanceMs(LEASE_MS - 2)
  expectRefusal(await app.acquire('eve'), 'SEAT_LIMIT_REACHED', details)
  app.clock.advanceMs(1)
  expect(await app.holders()).toEqual(['bob'])
  expect((await app.acquire('eve')).status).toBe(200)
  expectRefusal(await app.acquire('ada'), 'SEAT_LIMIT_REACHED', details)
})

test('seats: an expired seat can be renewed while a seat is free', async () => {
  await using app = await openWithSeats({ max_seats: 1 })
  const { id } = (await app.acquire('ada')).body
  app.clock.advanceMs(LEASE_MS - 1)
  expect((await app.renew(id)).body).toEqual({ id, expires_at: '2026-03-06T00:01:59Z' })
  app.clock.advanceMs(LEASE_MS)
  expect((await app.renew(id)).status).toBe(200)
  app.clock.advanceMs(LEASE_MS)
  await app.acquire('bob')
  expectRefusal(await app.renew(id), 'SEAT_LIMIT_REACHED', { limit: 1, used: 1 })
})

test('seats: the clean-up deletes a seat that expired a week ago', async () => {
  await using app = await openWithSeats({ max_seats: 1 })
  const { id } = (await app.acquire('ada')).body
  app.clock.advanceMs(8 * 86_400_000)
  await app.deps.store.maintenance.cleanUp(app.clock.nowMs(), 100)
  expectRefusal(await app.renew(id), 'SEAT_NOT_FOUND')
  expect((await app.acquire('bob')).status).toBe(200)
})

test('seats: a released seat is free at once and cannot be released or renewed again', async () => {
  await using app = await openWithSeats({ max_seats: 1 })
  const { id } = (await app.acquire('ada')).body
  expect((await app.release(id)).body).toEqual({ id, expires_at: '2026-03-06T00:00:00Z' })
  expectRefusal(await app.release(id), 'SEAT_NOT_FOUND')
  expectRefusal(await app.renew(id), 'SEAT_NOT_FOUND')
  expect((await app.acquire('bob')).status).toBe(200)
})

test('seats: a key cannot renew or release a seat of another license', async () => {
  await using app = await openWithSeats()
  const { id } = (await app.acquire('ada')).body
  const { key } = await app.createLicense({ plan: 'sold' })
  for (const path of ['seats/renew', 'seats/release']) {
    expectRefusal(await app.callAsClient(path, { key, id }), 'SEAT_NOT_FOUND')
  }
  expect(await app.holders()).toEqual(['ada'])
})

test('seats: a seat affects neither validation nor device slots', async () => {
  await using app = await openWithSeats()
  await app.acquire('ada')
  expect(await app.verdict({})).toBe('VALID')
  expect(await app.license()).toMatchObject({ devices: 0, version: 1 })
})

test('seats: license.limit_reached is sent once a day, and repeated refusals write nothing', async () => {
  await using app = await openWithSeats({ max_seats: 0 })
  await app.acquire('ada')
  let commits = 0
  app.deps.store.subscribe(() => {
    commits += 1
  })
  for (let times = 0; times < 5; times += 1) {
    expectRefusal(await app.acquire('ada'), 'SEAT_LIMIT_REACHED', { limit: 0, used: 0 })
  }
  expect(commits).toBe(0)
  const events = await app.send('GET', `/api/v1/licenses/${app.id}/events`)
  expect(events.body.data).toHaveLength(2)
  expect(events.body.data[0]).toMatchObject({
    type: 'license.limit_reached',
    data: { limit: { name: 'seats', limit: 0, used: 0 } },
  })
})

test('seats: a lowered limit keeps the current seats; null means no limit', async () => {
  await using app = await openWithSeats({ max_seats: null })
  const ids = []
  for (const user of ['ada', 'bob', 'eve']) ids.push((await app.acquire(user)).body.id)
  await app.send('PUT', `/api/v1/licenses/${app.id}`, { max_seats: 1 })
  app.clock.advanceMs(LEASE_MS - 1)
  for (const id of ids) expect((await app.renew(id)).status).toBe(200)
  expectRefusal(await app.acquire('dan'), 'SEAT_LIMIT_REACHED', { limit: 1, used: 3 })
})

test('seats: 50 concurrent requests do not exceed the limit', async () => {
  await using app = await openWithSeats()
  const users = Array.from({ length: 50 }, (_, index) => `user-${index}`)
  const responses = await Promise.all(users.map((user) => app.acquire(user)))
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(2)
  expect(await app.holders()).toHaveLength(2)
})

test('seats: a suspended license grants and renews no seats, but releases them', async () => {
  await using app = await openWithSeats()
  const { id } = (await app.acquire('ada')).body
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  expectRefusal(await app.acquire('bob'), 'LICENSE_SUSPENDED')
  expectRefusal(await app.renew(id), 'LICENSE_SUSPENDED')
  expect((await app.release(id)).status).toBe(200)
})

test('seats: an unknown key gets 404 LICENSE_NOT_FOUND', async () => {
  await using app = await openTestApp()
  const unknown = { key: 'an-unknown-imported-key', fingerprint: 'ada', id: 'seat_none' }
  for (const path of ['seats/acquire', 'seats/renew', 'seats/release']) {
    expectRefusal(await app.callAsClient(path, unknown), 'LICENSE_NOT_FOUND', undefined, 404)
  }
})

test('seats: a missing field gets 422 with a pointer to it', async () => {
  await using app = await openWithSeats()
  const { key } = app
  for (const [path, body, pointer] of [
    ['seats/acquire', { key }, '/fingerprint'],
    ['seats/acquire', { key, fingerprint: '' }, '/fingerprint'],
    ['seats/acquire', { fingerprint: 'ada' }, '/key'],
    ['seats/renew', { key }, '/id'],
    ['seats/release', { key }, '/id'],
  ] as const) {
    expectProblem(await app.callAsClient(path, body), 422, 'validation_failed', [pointer])
  }
  expect(await app.holders()).toEqual([])
})

test('seats: a license lists its seats newest first, in pages', async () => {
  await using app = await openWithSeats()
  const { id } = (await app.acquire('ada', "Ada's desk")).body
  app.clock.advanceMs(1000)
  await app.acquire('bob')
  const { body } = await app.send('GET', `${app.path}?limit=1`)
  expect(body.data).toMatchObject([{ fingerprint: 'bob', name: null }])
  const next = await app.send('GET', `${app.path}?limit=1&cursor=${body.next_cursor}`)
  expect(next.body).toEqual({
    data: [
      {
        id,
        license_id: app.id,
        fingerprint: 'ada',
        name: "Ada's desk",
        acquired_at: '2026-03-06T00:00:00Z',
        expires_at: '2026-03-06T00:01:00Z',
        borrowed_days: null,
      },
    ],
    next_cursor: null,
  })
})

test('seats: a seat released by the vendor can no longer be renewed', async () => {
  await using app = await openWithSeats()
  const { id } = (await app.acquire('ada')).body
  const released = await app.send('DELETE', `${app.path}/${id}`)
  expect(released.status).toBe(200)
  expect(released.body).toMatchObject({ id, fingerprint: 'ada' })
  expectProblem(await app.send('DELETE', `${app.path}/${id}`), 404, 'not_found')
  expectRefusal(await app.renew(id), 'SEAT_NOT_FOUND')
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created'])
})

test('seats: management calls need the scope and an existing license', async () => {
  await using app = await openWithSeats()
  const { id } = (await app.acquire('ada')).body
  const reader = { authorization: `Bearer ${await app.tokenWith('licenses:read')}` }
  const writer = { authorization: `Bearer ${await app.tokenWith('licenses:write')}` }
  const forbidden = await app.send('DELETE', `${app.path}/${id}`, undefined, reader)
  expectProblem(forbidden, 403, 'missing_scope')
  expectProblem(await app.send('GET', app.path, undefined, writer), 403, 'missing_scope')
  expectProblem(await app.send('GET', '/api/v1/licenses/lic_none/seats'), 404, 'not_found')
  const unknownLicense = `/api/v1/licenses/lic_none/seats/${id}`
  expectProblem(await app.send('DELETE', unknownLicense), 404, 'not_found')
  expect(await app.holders()).toEqual(['ada'])
})
