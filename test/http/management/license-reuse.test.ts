import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const order = {
  plan: 'professional',
  customer_email: 'dev@example.com',
  external_ref: 'A-1009',
  reuse: true,
}

const post = (app: TestApp, fields: object = {}, headers = {}) =>
  app.send('POST', path, { ...order, ...fields }, headers)

test('reuse: requests at the same time create one license, and all of them return it', async () => {
  await using app = await openTestApp()
  const responses = await Promise.all(Array.from({ length: 20 }, () => post(app)))
  expect(responses.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201])
  const created = responses.find(({ status }) => status === 201)?.body
  for (const { body } of responses) expect(body).toEqual(created)
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('reuse: a repeated order returns the license as it is now, with 200, and changes nothing', async () => {
  await using app = await openTestApp()
  const { body: license } = await post(app)
  await app.validate({ key: license.key, domain: 'a.de' })
  await app.send('PUT', `${path}/${license.id}`, { plan: 'starter', expires_at: null })
  await app.send('DELETE', `${path}/${license.id}`)
  await app.deps.store.flush()
  const before = await app.database.readRows()
  const { status, headers, body } = await post(app)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    id: license.id,
    key: license.key,
    plan: 'starter',
    status: 'revoked',
    domains: ['a.de'],
    validation_count: 1,
  })
  expect(headers.get('etag')).toBe(`"${body.version}"`)
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)
})

test('reuse: the key of an existing license is masked without licenses:reveal', async () => {
  await using app = await openTestApp()
  const authorization = `Bearer ${await app.tokenWith('licenses:write')}`
  const first = await post(app, {}, { authorization })
  expect(first.body.key).toMatch(/^TO-[^*]+$/)
  const second = await post(app, {}, { authorization })
  expect(second.body).toEqual({
    ...first.body,
    key: `TO-****-****-****-${first.body.key.slice(-4)}`,
  })
})

test('reuse: a live license is preferred to a revoked one, and the oldest to a newer one', async () => {
  await using app = await openTestApp()
  const ids: string[] = []
  for (let nth = 0; nth < 3; nth += 1) ids.push((await post(app, { reuse: false })).body.id)
  await app.send('DELETE', `${path}/${ids[0]}`)
  expect((await post(app)).body.id).toBe(ids[1])
})

test('reuse: another customer never gets the license', async () => {
  await using app = await openTestApp()
  const { body: license } = await post(app)
  const refused = await post(app, { customer_email: 'other@example.com' })
  expectProblem(refused, 409, 'already_exists')
  expect(refused.body.detail).toContain(license.id)
  expect(refused.text).not.toContain(license.key)
  expect((await post(app, { customer_email: 'DEV@example.com' })).status).toBe(200)
})

test('reuse: the same reference in another product is another purchase', async () => {
  await using app = await openTestApp()
  await app.send('POST', '/api/v1/products', { slug: 'editor', name: 'Editor', key_prefix: 'ED' })
  await app.send('POST', '/api/v1/plans', { slug: 'ed', product: 'editor', name: 'Editor' })
  const { body: license } = await post(app)
  const other = await post(app, { plan: 'ed' })
  expect(other.status).toBe(201)
  expect(other.body.id).not.toBe(license.id)
  expect((await post(app, { plan: 'ed' })).body.id).toBe(other.body.id)
  expect((await post(app)).body.id).toBe(license.id)
})

test('reuse: an order of several licenses returns the same ones, or none of them', async () => {
  await using app = await openTestApp()
  const first = await post(app, { quantity: 3 })
  expect(first.status).toBe(201)
  const again = await app.send('POST', `${path}/batch`, { ...order, quantity: 3 })
  expect([again.status, again.body]).toEqual([200, first.body])
  const more = await post(app, { quantity: 4 })
  expectProblem(more, 409, 'already_exists')
  expect(more.body.detail).toStartWith('3 licenses have this external_ref')
  expect(await app.database.readEventTypes()).toHaveLength(3)
})

test('reuse: an imported key can be sent again', async () => {
  await using app = await openTestApp()
  const key = 'an-imported-key-0001'
  const { status, body } = await post(app, { key })
  expect(status).toBe(201)
  expect(await post(app, { key })).toMatchObject({ status: 200, body })
  expectProblem(await post(app, { key, reuse: false }), 409, 'already_exists')
  expectProblem(await post(app, { key, external_ref: 'A-1010' }), 409, 'already_exists')
})

test('reuse: without an external_ref, the request is rejected', async () => {
  await using app = await openTestApp()
  for (const external_ref of [undefined, null]) {
    const refused = await post(app, { external_ref })
    expectProblem(refused, 422, 'validation_failed', ['/external_ref'])
  }
  expect(await app.database.readEventTypes()).toEqual([])
})

test('reuse: a replay of an idempotent request has the status of the first response', async () => {
  await using app = await openTestApp()
  const send = (key: string) => post(app, {}, { 'idempotency-key': key })
  const statuses: number[] = []
  for (const key of ['a', 'a', 'b', 'b']) statuses.push((await send(key)).status)
  expect(statuses).toEqual([201, 201, 200, 200])
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})
