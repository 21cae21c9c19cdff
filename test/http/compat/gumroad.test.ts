import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { postForm } from './forms.ts'

const PRODUCT = '32-nPAicqbLj8B_WswVlMw=='

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['gumroad'] })
  const features = { gumroad_product_id: PRODUCT, gumroad_permalink: 'QMGY' }
  const plan = { product: 'default', slug: 'pencil', name: 'Pencil', features }
  await app.send('POST', '/api/v1/plans', plan)
})
afterAll(() => app.close())

const createLicense = (fields: object = {}) => app.createLicense({ plan: 'pencil', ...fields })
const send = (fields: Record<string, string>) => postForm(app, '/v2/licenses/verify', fields)
const verify = (license_key: string, fields: Record<string, string> = {}) =>
  send({ product_id: PRODUCT, license_key, ...fields })
const unknown = {
  status: 404,
  body: { success: false, message: 'That license does not exist for the provided product.' },
}

test('Gumroad: a license is verified, and its uses are counted unless the app says no', async () => {
  const { id, key } = await createLicense({ metadata: { order: 'A-1' } })
  const first = await verify(key)
  expect(first.status).toBe(200)
  expect(first.body).toMatchObject({
    success: true,
    uses: 1,
    purchase: { product_id: PRODUCT, license_key: key, email: '', refunded: false },
  })
  expect((await verify(key)).body.uses).toBe(2)
  expect((await verify(key, { increment_uses_count: 'false' })).body.uses).toBe(2)
  expect((await verify(key, { increment_uses_count: 'true' })).body.uses).toBe(3)
  const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(body.metadata).toEqual({ order: 'A-1', gumroad_uses: 3 })
  expect(body.version).toBe(1)
  expect(await app.eventTypesOf(id)).toEqual(['license.created', 'license.activated'])
})

test('Gumroad: each of many simultaneous verifications is counted', async () => {
  const { key } = await createLicense({ metadata: { gumroad_uses: 100 } })
  const replies = await Promise.all(Array.from({ length: 20 }, () => verify(key)))
  expect(replies.every(({ body }) => body.success)).toBe(true)
  const { body } = await verify(key, { increment_uses_count: 'false' })
  expect(body.uses).toBe(120)
})

test('Gumroad: every verification is usage, also one that counts no use', async () => {
  const { id, key } = await createLicense()
  await verify(key, { increment_uses_count: 'false' })
  await app.deps.usage.flush()
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.summary).toMatchObject({ valid: 1, refused: 0 })
})

test('Gumroad: a suspended or revoked license is disabled', async () => {
  for (const action of ['suspend', 'revoke']) {
    const { id, key } = await createLicense()
    await app.send('POST', `/api/v1/licenses/${id}/${action}`)
    const message = 'This license key has been disabled.'
    expect(await verify(key)).toMatchObject({ status: 404, body: { success: false, message } })
    const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
    expect(body.metadata).toEqual({})
  }
})

test('Gumroad: an expired license has no access to its purchase', async () => {
  await using other = await openTestApp({ compat: ['gumroad'] })
  const { key } = await other.createLicense({ expires_at: '2026-03-20T00:00:00Z' })
  other.clock.advanceMs(30 * DAY_MS)
  const fields = { product_id: PRODUCT, license_key: key }
  expect(await postForm(other, '/v2/licenses/verify', fields)).toMatchObject({
    status: 404,
    body: {
      success: false,
      message: 'Access to the purchase associated with this license has expired.',
    },
  })
})

test('Gumroad: a key that no license has, and one of another product, do not exist', async () => {
  const { key } = await createLicense()
  expect(await verify('85DB562A-C11D4B06-A2335A6B-8C079166')).toMatchObject(unknown)
  expect(await verify('')).toMatchObject(unknown)
  expect(await verify(key, { product_id: 'other==' })).toMatchObject(unknown)
  expect(await send({ license_key: key })).toMatchObject(unknown)
})

test('Gumroad: old apps name the product by its permalink', async () => {
  const { key: license_key } = await createLicense()
  for (const name of ['product_permalink', 'id', 'link_id']) {
    expect((await send({ license_key, [name]: 'QMGY' })).body.success).toBe(true)
    expect(await send({ license_key, [name]: 'pen' })).toMatchObject(unknown)
  }
})

test('Gumroad: a permalink is not enough for a product of which only the ID is set', async () => {
  const features = { gumroad_product_id: 'abc==' }
  const plan = { product: 'default', slug: 'pen', name: 'Pen', features }
  await app.send('POST', '/api/v1/plans', plan)
  const { key: license_key } = await app.createLicense({ plan: 'pen' })
  const { status, body } = await send({ license_key, product_permalink: 'pen' })
  expect(status).toBe(500)
  expect(body).toEqual({
    success: false,
    message:
      "The 'product_id' parameter is required to verify the license for this product. " +
      "Please set 'product_id' to 'abc==' in the request.",
  })
})

test('Gumroad: JSON and the query are read like forms', async () => {
  const { key: license_key } = await createLicense()
  const headers = { authorization: undefined }
  const json = { product_id: PRODUCT, license_key, increment_uses_count: false }
  const reply = await app.send('POST', '/v2/licenses/verify', json, headers)
  expect(reply).toMatchObject({ status: 200, body: { success: true, uses: 0 } })
  const query = new URLSearchParams({ product_id: PRODUCT, license_key })
  const queried = await app.send('POST', `/v2/licenses/verify?${query}`, undefined, headers)
  expect(queried).toMatchObject({ status: 200, body: { uses: 1 } })
  expect(app.logLines.join('')).not.toContain(license_key)
})

test('Gumroad: a parameter in JSON that is no text gets 400', async () => {
  const json = { product_id: PRODUCT, license_key: 1234567890 }
  const reply = await app.send('POST', '/v2/licenses/verify', json, { authorization: undefined })
  expect(reply).toMatchObject({
    status: 400,
    body: { success: false, message: "The 'license_key' parameter must be a string." },
  })
})

test('Gumroad: the customer is shown only if the plan says so', async () => {
  const features = { gumroad_customer: true }
  const { key: hidden } = await createLicense({ customer_name: 'Ada Lovelace' })
  expect((await verify(hidden)).text).not.toMatch(/ada|example\.com/i)
  const { key: shown } = await createLicense({ customer_name: 'Ada Lovelace', features })
  expect((await verify(shown)).body.purchase).toMatchObject({
    email: 'dev@example.com',
    full_name: 'Ada Lovelace',
  })
})

test('Gumroad: other methods and paths get a failure in its format', async () => {
  const headers = { authorization: undefined }
  const wrong = await app.send('GET', '/v2/licenses/verify', undefined, headers)
  expect(wrong).toMatchObject({ status: 405, body: { success: false } })
  const other = await app.send('PUT', '/v2/licenses/disable', undefined, headers)
  expect(other).toMatchObject({ status: 404, body: { success: false } })
})

test('Gumroad: a server that does not list it has none of its paths', async () => {
  await using other = await openTestApp({ compat: ['lemonsqueezy'] })
  expect((await postForm(other, '/v2/licenses/verify', {})).status).toBe(404)
})
