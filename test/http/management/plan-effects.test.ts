import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/plans/professional/effects'

test('plan effects: licenses that use more than a lower limit are counted, unless they override it', async () => {
  await using app = await openTestApp()
  await app.send('PUT', '/api/v1/plans/professional', { max_domains: 5, max_seats: 5 })
  const over = await app.createLicense({ domains: ['a.io', 'b.io', 'c.io'] })
  await app.createLicense({ domains: ['a.io', 'b.io'] })
  await app.createLicense({ domains: ['a.io', 'b.io', 'c.io'], max_domains: null })
  const revoked = await app.createLicense({ domains: ['a.io', 'b.io', 'c.io'] })
  await app.send('DELETE', `/api/v1/licenses/${revoked.id}`)
  for (const fingerprint of ['ada', 'bob']) {
    await app.callAsClient('seats/acquire', { key: over.key, fingerprint })
  }
  const { status, body } = await app.send('GET', `${path}?max_domains=2&max_devices=0&max_seats=1`)
  expect(status).toBe(200)
  expect(body.over).toEqual([
    { limit: 'max_domains', count: 1, at_least: false, license_ids: [over.id] },
    { limit: 'max_devices', count: 0, at_least: false, license_ids: [] },
    { limit: 'max_seats', count: 1, at_least: false, license_ids: [over.id] },
  ])
  const plan = await app.send('GET', '/api/v1/plans/professional')
  expect(plan.body).toMatchObject({ max_domains: 5, max_seats: 5 })
  expect((await app.send('GET', path)).body).toEqual({ over: [] })
})

test('plan effects: an unknown plan, a limit that is no number and another scope are refused', async () => {
  await using app = await openTestApp()
  expectProblem(await app.send('GET', '/api/v1/plans/none/effects'), 404, 'not_found')
  for (const text of ['-1', '1.5', 'many', '']) {
    const refused = await app.send('GET', `${path}?max_domains=${text}`)
    expectProblem(refused, 422, 'validation_failed', ['?max_domains'])
  }
  const headers = { authorization: `Bearer ${await app.tokenWith('licenses:read')}` }
  expectProblem(await app.send('GET', path, undefined, headers), 403, 'missing_scope')
})

test('plan uses: the licenses of each plan are counted, revoked ones too, without archived plans', async () => {
  await using app = await openTestApp()
  const revoked = await app.createLicense()
  await app.createLicense()
  await app.send('DELETE', `/api/v1/licenses/${revoked.id}`)
  const product = 'default'
  await app.send('POST', '/api/v1/plans', { slug: 'team', product, name: 'Team' })
  await app.send('POST', '/api/v1/plans', { slug: 'old', product, name: 'Old' })
  const last = await app.createLicense({ plan: 'old' })
  await app.send('DELETE', `/api/v1/licenses/${last.id}`)
  await app.send('DELETE', '/api/v1/plans/old')
  const { status, body } = await app.send('GET', '/api/v1/overview/plans')
  expect(status).toBe(200)
  expect(body.data).toContainEqual({ plan: 'professional', licenses: 2, at_least: false })
  expect(body.data).toContainEqual({ plan: 'team', licenses: 0, at_least: false })
  expect(body.data.map(({ plan }: { plan: string }) => plan)).not.toContain('old')
  const headers = { authorization: `Bearer ${await app.tokenWith('licenses:read')}` }
  const refused = await app.send('GET', '/api/v1/overview/plans', undefined, headers)
  expectProblem(refused, 403, 'missing_scope')
})
