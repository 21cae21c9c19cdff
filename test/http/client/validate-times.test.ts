import { expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp } from '../../support/app.ts'

const planPath = '/api/v1/plans/professional'

test('validate: EXPIRES_SOON, IN_GRACE and expiration are exact to the millisecond', async () => {
  await using app = await openTestApp()
  await app.send('PUT', planPath, { grace_days: 7 })
  const { id, key } = await app.createLicense({ expires_at: '2026-04-05T00:00:00Z' })
  const warnings = async () => (await app.validate({ key })).body.warnings
  const status = async () => (await app.send('GET', `/api/v1/licenses/${id}`)).body.status

  // The last fifth of a term of 30 days.
  app.clock.advanceMs(24 * DAY_MS - 1)
  expect(await warnings()).toEqual([])
  app.clock.advanceMs(1)
  expect(await warnings()).toEqual(['EXPIRES_SOON'])
  app.clock.advanceMs(6 * DAY_MS - 1)
  expect(await warnings()).toEqual(['EXPIRES_SOON'])
  app.clock.advanceMs(1)
  expect(await warnings()).toEqual(['IN_GRACE'])
  app.clock.advanceMs(7 * DAY_MS - 1)
  expect(await warnings()).toEqual(['IN_GRACE'])
  expect(await status()).toBe('active')
  app.clock.advanceMs(1)
  expect((await app.validate({ key })).body).toEqual({
    valid: false,
    error: 'LICENSE_EXPIRED',
    message: 'This license expired on 2026-04-05.',
    details: { expiredAt: '2026-04-05T00:00:00Z' },
  })
  expect(await status()).toBe('expired')
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.activated'])
})

test('validate: starts_on first_validation starts with the first valid validation', async () => {
  await using app = await openTestApp()
  const terms = { duration_days: 30, starts_on: 'first_validation', max_domains: 1 }
  await app.send('PUT', planPath, terms)
  const license = await app.createLicense()
  expect(license).toMatchObject({ expires_at: null, starts_on: 'first_validation' })
  app.clock.advanceMs(10 * DAY_MS)
  await app.validate({ key: license.key, product: 'another' })
  const shown = async () => (await app.send('GET', `/api/v1/licenses/${license.id}`)).body
  expect(await shown()).toEqual(license)

  await app.send('PUT', planPath, { duration_days: 60 })
  const { body } = await app.validate({ key: license.key })
  expect(body.license.expiresAt).toBe('2026-04-15T00:00:00Z')
  const { starts_on: _begun, ...rest } = license
  expect(await shown()).toEqual({
    ...rest,
    expires_at: '2026-04-15T00:00:00Z',
    activated_at: '2026-03-16T00:00:00Z',
    last_validated_at: '2026-03-16T00:00:00Z',
    validation_count: 1,
  })
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.activated'])
})

test('validate: starts_on first_validation keeps an explicit expires_at', async () => {
  await using app = await openTestApp()
  await app.send('PUT', planPath, { duration_days: 30, starts_on: 'first_validation' })
  const expires_at = '2026-12-31T00:00:00Z'
  const license = await app.createLicense({ expires_at })
  expect(license.expires_at).toBe(expires_at)
  expect(license).not.toHaveProperty('starts_on')
  expect((await app.validate({ key: license.key })).body.license.expiresAt).toBe(expires_at)
})

test('validate: counts are shown before they are written to disk', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  for (let index = 0; index < 5; index += 1) {
    app.clock.advanceMs(1000)
    await app.validate({ key })
  }
  const counted = { validation_count: 5, last_validated_at: '2026-03-06T00:00:05Z' }
  const shown = async () => (await app.send('GET', `/api/v1/licenses/${id}`)).body
  expect(await shown()).toMatchObject(counted)
  await app.deps.store.flush()
  expect(await shown()).toMatchObject(counted)
})
