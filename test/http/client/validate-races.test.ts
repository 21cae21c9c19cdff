import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'

const times = <Item>(count: number, make: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => make(index))

test('validate: 200 concurrent validations with new domains take exactly 3 slots', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_domains: 3 })
  const responses = await Promise.all(
    times(200, (index) => app.validate({ key, domain: `shop-${index}.example.com` })),
  )
  const refused = responses.filter(({ body }) => !body.valid)
  expect(refused).toHaveLength(197)
  for (const { status, body } of refused) {
    expect(status).toBe(200)
    expect(body).toEqual({
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      message: 'All 3 domains of this license are in use.',
      details: { limit: 3, used: 3 },
    })
  }
  const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(body).toMatchObject({ domains_count: 3, validation_count: 3 })
  expect(body.domains).toHaveLength(3)
  expect((await app.database.readEventTypes()).toSorted()).toEqual([
    ...Array(3).fill('activation.created'),
    'license.activated',
    'license.created',
    'license.limit_reached',
  ])
})

test('validate: concurrent first validations append license.activated exactly once', async () => {
  await using app = await openTestApp()
  const terms = { duration_days: 30, starts_on: 'first_validation' }
  await app.send('PUT', '/api/v1/plans/professional', terms)
  const { id, key } = await app.createLicense()
  const responses = await Promise.all(
    times(100, () => app.validate({ key, domain: 'example.com', fingerprint: 'f-1' })),
  )
  for (const { body } of responses) {
    expect(body).toMatchObject({ valid: true, license: { expiresAt: '2026-04-05T00:00:00Z' } })
  }
  expect((await app.send('GET', `/api/v1/licenses/${id}`)).body).toMatchObject({
    domains: ['example.com'],
    devices: 1,
    validation_count: 100,
  })
  expect(await app.database.readEventTypes()).toEqual([
    'license.created',
    'license.activated',
    'activation.created',
    'activation.created',
  ])
})

test('validate: under load, no validation contradicts a change that was acknowledged', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  const path = `/api/v1/licenses/${id}`
  const verdict = async () => {
    const { body } = await app.validate({ key, domain: 'example.com' })
    return body.valid ? body.license.features : body.error
  }
  const changes: [method: string, path: string, body: object, after: unknown][] = [
    ['POST', `${path}/suspend`, {}, 'LICENSE_SUSPENDED'],
    ['POST', `${path}/reinstate`, {}, {}],
    ['PUT', '/api/v1/plans/professional', { features: { sso: true } }, { sso: true }],
    ['PUT', path, { features: { sso: false } }, { sso: false }],
    ['PUT', path, { inherit: ['features'], plan: 'starter' }, {}],
    ['PUT', path, { expires_at: '2026-03-06T00:00:00Z' }, 'LICENSE_EXPIRED'],
    ['POST', `${path}/renew`, { days: 1 }, {}],
    ['DELETE', path, {}, 'LICENSE_REVOKED'],
  ]
  for (const [method, at, body, after] of changes) {
    const load = times(20, verdict)
    await app.send(method, at, method === 'DELETE' ? undefined : body)
    for (const seen of await Promise.all(times(20, verdict))) expect(seen).toEqual(after)
    await Promise.all(load)
    expect(await verdict()).toEqual(after)
  }
})
