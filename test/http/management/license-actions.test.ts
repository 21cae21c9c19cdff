import { expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const minuteMs = 60_000

test('license actions: a license goes through its whole life cycle', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense()
  const { id, key } = license
  const validate = async () => {
    const { status, body } = await app.validate({ key, domain: 'example.com' })
    expect(status).toBe(200)
    return body
  }
  const change = async (action: string, body?: object) => {
    app.clock.advanceMs(minuteMs)
    const response = await app.send('POST', `${path}/${id}/${action}`, body)
    expect(response.status).toBe(200)
    return response.body
  }
  const valid = {
    valid: true,
    license: { id, plan: 'professional', expiresAt: null, features: {} },
    warnings: [],
  }
  expect(await validate()).toEqual(valid)

  const used = {
    ...license,
    domains: ['example.com'],
    domains_count: 1,
    activated_at: '2026-03-06T00:00:00Z',
    last_validated_at: '2026-03-06T00:00:00Z',
    validation_count: 1,
  }
  const suspended = {
    ...used,
    status: 'suspended',
    suspended_at: '2026-03-06T00:01:00Z',
    suspension_reason: 'payment failed',
    suspension_cause: 'operator',
    updated_at: '2026-03-06T00:01:00Z',
    version: 2,
  }
  expect(await change('suspend', { reason: 'payment failed' })).toEqual(suspended)
  expect(await validate()).toEqual({
    valid: false,
    error: 'LICENSE_SUSPENDED',
    message: 'This license is suspended.',
  })

  const reinstated = { ...used, updated_at: '2026-03-06T00:02:00Z', version: 3 }
  expect(await change('reinstate')).toEqual(reinstated)
  expect(await validate()).toEqual(valid)

  expect(await change('revoke', { reason: 'refund' })).toEqual({
    ...reinstated,
    status: 'revoked',
    revoked_at: '2026-03-06T00:03:00Z',
    updated_at: '2026-03-06T00:03:00Z',
    last_validated_at: '2026-03-06T00:02:00Z',
    validation_count: 2,
    version: 4,
  })
  expect(await validate()).toEqual({
    valid: false,
    error: 'LICENSE_REVOKED',
    message: 'This license was revoked.',
  })
  expect(await app.database.readEventTypes()).toEqual([
    'license.created',
    'license.activated',
    'activation.created',
    'license.suspended',
    'license.reinstated',
    'license.revoked',
  ])
})

test('license actions: repeating an action returns 200 and appends no event', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const twice = async (action: string, first: object, second: object) => {
    const { body } = await app.send('POST', `${path}/${id}/${action}`, first)
    app.clock.advanceMs(minuteMs)
    const again = await app.send('POST', `${path}/${id}/${action}`, second)
    expect(again.status).toBe(200)
    expect(again.body).toEqual(body)
    expect(again.headers.get('etag')).toBe(`"${body.version}"`)
  }
  const { body } = await app.send('POST', `${path}/${id}/reinstate`)
  expect(body).toMatchObject({ status: 'active', version: 1 })
  await twice('suspend', { reason: 'first' }, { reason: 'second' })
  await twice('reinstate', {}, {})
  await twice('revoke', { reason: 'first' }, {})
  expect((await app.send('DELETE', `${path}/${id}`)).body.status).toBe('revoked')
  const eventTypes = [
    'license.created',
    'license.suspended',
    'license.reinstated',
    'license.revoked',
  ]
  expect(await app.database.readEventTypes()).toEqual(eventTypes)
})

test('license actions: a revoked license rejects every change', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ expires_at: '2027-01-01T00:00:00Z' })
  await app.send('DELETE', `${path}/${id}`)
  const changes = [
    ['PUT', '', { customer_name: 'Ann' }],
    ['PUT', '', {}],
    ['POST', '/suspend'],
    ['POST', '/reinstate'],
    ['POST', '/renew', { days: 1 }],
    ['POST', '/rotate-key'],
  ] as const
  for (const [method, action, body] of changes) {
    const refused = await app.send(method, `${path}/${id}${action}`, body)
    expectProblem(refused, 409, 'invalid_transition')
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.revoked'])
})

test('license actions: the event of a revocation contains its reason', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await app.send('POST', `${path}/${id}/revoke`, { reason: 'refund' })
  const { body } = await app.send('GET', `${path}/${id}/events`)
  expect(body.data[0].data).toMatchObject({
    reason: 'refund',
    previous: { status: 'active', revoked_at: null },
  })
})

test('renewal: days count from the later of now and the current expiration', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { duration_days: 30 })
  const { id, key } = await app.createLicense()
  const renew = async (body?: object) =>
    (await app.send('POST', `${path}/${id}/renew`, body)).body.expires_at
  expect(await renew()).toBe('2026-05-05T00:00:00Z')
  expect(await renew({ days: 1 })).toBe('2026-05-06T00:00:00Z')
  expect(await renew({ expires_at: '2026-04-01T00:00:00Z' })).toBe('2026-04-01T00:00:00Z')

  app.clock.advanceMs(60 * DAY_MS)
  expect((await app.validate({ key })).body.error).toBe('LICENSE_EXPIRED')
  expect(await renew({ days: 10 })).toBe('2026-05-15T00:00:00Z')
  expect((await app.validate({ key })).body.valid).toBe(true)
  const renewals = Array(4).fill('license.renewed')
  expect(await app.database.readEventTypes()).toEqual([
    'license.created',
    ...renewals,
    'license.activated',
  ])
})

test('renewal: renewing to the current expiration appends no event', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense({ expires_at: '2027-01-01T00:00:00Z' })
  const { body } = await app.send('POST', `${path}/${license.id}/renew`, {
    expires_at: '2027-01-01T00:00:00Z',
  })
  expect(body).toEqual(license)
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('renewal: a license without an end or a plan duration gets 409 perpetual', async () => {
  await using app = await openTestApp()
  const perpetual = await app.createLicense()
  const ending = await app.createLicense({ expires_at: '2027-01-01T00:00:00Z' })
  const renew = (id: string, body?: object) => app.send('POST', `${path}/${id}/renew`, body)
  expectProblem(await renew(perpetual.id), 409, 'perpetual')
  expectProblem(await renew(perpetual.id, { days: 30 }), 409, 'perpetual')
  expectProblem(await renew(ending.id), 409, 'perpetual')
  const both = { days: 1, expires_at: '2028-01-01T00:00:00Z' }
  expectProblem(await renew(ending.id, both), 422, 'validation_failed')
  for (const days of [0, -1, 1.5, 36_501, null]) {
    expectProblem(await renew(ending.id, { days }), 422, 'validation_failed', ['/days'])
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.created'])
})

test('license actions: a suspension outlasts expiration and renewal', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ expires_at: '2026-03-07T00:00:00Z' })
  const statusAfter = async (action: string, body?: object) =>
    (await app.send('POST', `${path}/${id}/${action}`, body)).body.status
  await statusAfter('suspend')
  app.clock.advanceMs(2 * DAY_MS)
  expect((await app.send('GET', `${path}/${id}`)).body.status).toBe('suspended')
  expect(await statusAfter('renew', { days: 1 })).toBe('suspended')
  app.clock.advanceMs(2 * DAY_MS)
  expect(await statusAfter('reinstate')).toBe('expired')
  expect(await statusAfter('renew', { days: 1 })).toBe('active')
})

test('renewal: an expiration after the year 9999 is rejected', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ expires_at: '9999-12-31T00:00:00Z' })
  const refused = await app.send('POST', `${path}/${id}/renew`, { days: 36_500 })
  expectProblem(refused, 422, 'validation_failed', ['/days'])
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})
