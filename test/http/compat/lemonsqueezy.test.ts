import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { postForm } from './forms.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['lemonsqueezy'] })
})
afterAll(() => app.close())

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const call = (action: string, fields: Record<string, string>) =>
  postForm(app, `/v1/licenses/${action}`, fields)
const activate = (license_key: string, instance_name = 'Test') =>
  call('activate', { license_key, instance_name })
const validate = (license_key: string, instance_id?: string) =>
  call('validate', { license_key, ...(instance_id && { instance_id }) })
const deactivate = (license_key: string, instance_id: string) =>
  call('deactivate', { license_key, instance_id })

test('Lemon Squeezy: an instance is activated, validated and deactivated', async () => {
  const { id, key } = await app.createLicense({ max_devices: 2, customer_name: 'Ada' })
  const fresh = await validate(key)
  expect(fresh.body).toMatchObject({
    valid: true,
    error: null,
    license_key: { status: 'inactive', key, activation_limit: 2, activation_usage: 0 },
    instance: null,
    meta: { customer_name: 'Ada', customer_email: 'dev@example.com', variant_name: 'Professional' },
  })
  const activated = await activate(key)
  const { instance } = activated.body
  expect(activated.status).toBe(200)
  expect(activated.body).toMatchObject({
    activated: true,
    error: null,
    license_key: { status: 'active', activation_usage: 1, expires_at: null, test_mode: false },
    instance: { name: 'Test' },
  })
  expect(instance.id).toMatch(UUID)
  const { status, body } = await validate(key, instance.id)
  expect({ status, body }).toMatchObject({ status: 200, body: { valid: true, instance } })
  const done = await deactivate(key, instance.id)
  expect(done.status).toBe(200)
  expect(done.body).toMatchObject({
    deactivated: true,
    error: null,
    license_key: { status: 'inactive', activation_usage: 0 },
  })
  expect(done.body).not.toHaveProperty('instance')
  const expected = [
    'license.created',
    'license.activated',
    'activation.created',
    'activation.deleted',
  ]
  expect(await app.eventTypesOf(id)).toEqual(expected)
})

test('Lemon Squeezy: two instances with the same name are two devices', async () => {
  const { id, key } = await app.createLicense({ max_devices: 2 })
  const first = await activate(key, 'example.com')
  const second = await activate(key, 'example.com')
  expect(first.body.instance.id).not.toBe(second.body.instance.id)
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(body.data).toHaveLength(2)
  expect(body.data[0]).toMatchObject({ kind: 'device', name: 'example.com' })
})

test('Lemon Squeezy: beyond the limit, nothing is activated', async () => {
  const { id, key } = await app.createLicense({ max_devices: 1 })
  const { body: first } = await activate(key)
  const { status, body } = await activate(key, 'Another')
  expect({ status, body }).toMatchObject({
    status: 400,
    body: {
      activated: false,
      error: 'This license key has reached the activation limit.',
      license_key: { status: 'active', activation_limit: 1, activation_usage: 1 },
      instance: null,
    },
  })
  expect((await validate(key, first.instance.id)).body.valid).toBe(true)
  const types = await app.eventTypesOf(id)
  expect(types.filter((type) => type === 'activation.created')).toHaveLength(1)
})

test('Lemon Squeezy: no simultaneous activations exceed the limit', async () => {
  const { key } = await app.createLicense({ max_devices: 3 })
  const replies = await Promise.all(Array.from({ length: 12 }, () => activate(key)))
  expect(replies.filter(({ body }) => body.activated)).toHaveLength(3)
})

test('Lemon Squeezy: a suspended or revoked license is disabled for every call', async () => {
  for (const action of ['suspend', 'revoke']) {
    const { id, key } = await app.createLicense()
    const { body: first } = await activate(key)
    await app.send('POST', `/api/v1/licenses/${id}/${action}`)
    const error = 'This license key is disabled.'
    const license_key = { status: 'disabled' }
    const validated = await validate(key, first.instance.id)
    expect(validated).toMatchObject({ status: 400, body: { valid: false, error, license_key } })
    const again = await activate(key)
    expect(again).toMatchObject({ status: 400, body: { activated: false, error, license_key } })
  }
})

test('Lemon Squeezy: an expired license is refused, and a renewed one is valid again', async () => {
  const { id, key } = await app.createLicense({ expires_at: '2026-03-20T00:00:00Z' })
  const { body: first } = await activate(key)
  app.clock.advanceMs(30 * DAY_MS)
  const error = 'This license key is expired.'
  const license_key = { status: 'expired', expires_at: '2026-03-20T00:00:00.000000Z' }
  const expired = await validate(key, first.instance.id)
  expect(expired).toMatchObject({ status: 400, body: { valid: false, error, license_key } })
  expect(await activate(key)).toMatchObject({ status: 400, body: { activated: false, error } })
  await app.send('POST', `/api/v1/licenses/${id}/renew`, { days: 365 })
  expect((await validate(key, first.instance.id)).body.valid).toBe(true)
})

test('Lemon Squeezy: an instance that was deactivated, or never existed, is not found', async () => {
  const { id, key } = await app.createLicense()
  const other = await app.createLicense()
  const { body: first } = await activate(key)
  const { body: foreign } = await activate(other.key)
  await deactivate(key, first.instance.id)
  const error = 'instance_id not found.'
  for (const instance of [first.instance.id, foreign.instance.id, 'x', 'y'.repeat(300)]) {
    const validated = await validate(key, instance)
    expect(validated).toMatchObject({ status: 404, body: { valid: false, error, instance: null } })
    const deactivated = await deactivate(key, instance)
    expect(deactivated).toMatchObject({ status: 404, body: { deactivated: false, error } })
  }
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(body.data).toEqual([])
  expect((await validate(other.key, foreign.instance.id)).body.valid).toBe(true)
})

test('Lemon Squeezy: an activation of ours can be named by its own ID', async () => {
  const { key } = await app.createLicense()
  const { body } = await app.callAsClient('activate', { key, domain: 'example.com' })
  const validated = await validate(key, body.id)
  expect(validated.body).toMatchObject({
    valid: true,
    instance: { id: body.id, name: 'example.com' },
  })
})

test('Lemon Squeezy: a key that no license has is not found', async () => {
  const key = '38b1460a-5104-4067-a91d-77b872934d51'
  const error = 'license_key not found.'
  expect(await activate(key)).toMatchObject({ status: 404, body: { activated: false, error } })
  expect(await validate(key)).toMatchObject({ status: 404, body: { valid: false, error } })
  const deactivated = await deactivate(key, 'x')
  expect(deactivated).toMatchObject({ status: 404, body: { deactivated: false, error } })
})

test.each([
  ['activate', {}, ['license_key', 'instance_name']],
  ['activate', { license_key: 'x' }, ['instance_name']],
  ['validate', { license_key: ' ' }, ['license_key']],
  ['deactivate', { license_key: 'x' }, ['instance_id']],
])(
  'Lemon Squeezy: %s with %o gets 422 with the missing fields',
  async (action, fields, missing) => {
    const { status, body } = await call(action, fields)
    expect(status).toBe(422)
    expect(Object.keys(body.errors)).toEqual(missing)
  },
)

test('Lemon Squeezy: the client of JavaScript sends JSON in its own media type', async () => {
  const { key } = await app.createLicense()
  const headers = { 'content-type': 'application/vnd.api+json', authorization: undefined }
  const body = { license_key: key, instance_name: 'Test' }
  const activated = await app.send('POST', '/v1/licenses/activate', body, headers)
  expect(activated).toMatchObject({ status: 200, body: { activated: true } })
  const malformed = await app.send('POST', '/v1/licenses/activate', '{"license_key"', headers)
  expect(malformed.status).toBe(400)
  expect(malformed.body).toEqual({ error: expect.any(String) })
})

test('Lemon Squeezy: a plan that only customers of the vendor may deactivate says why', async () => {
  const plan = { product: 'default', slug: 'fixed', name: 'Fixed', self_deactivation: false }
  await app.send('POST', '/api/v1/plans', plan)
  const { key } = await app.createLicense({ plan: 'fixed' })
  const { body: first } = await activate(key)
  const { status, body } = await deactivate(key, first.instance.id)
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { deactivated: false, error: expect.stringContaining('Ask the vendor.') },
  })
})

test('Lemon Squeezy: IDs of the store come from the license, and otherwise from its plan', async () => {
  const features = { lemonsqueezy_store_id: 9, lemonsqueezy_product_id: 44 }
  await app.send('POST', '/api/v1/plans', { product: 'default', slug: 'ls', name: 'LS', features })
  const metadata = { lemonsqueezy_product_id: 55, lemonsqueezy_license_key_id: 7 }
  const { key } = await app.createLicense({ plan: 'ls', metadata })
  const { body } = await validate(key)
  expect(body).toMatchObject({ license_key: { id: 7 }, meta: { store_id: 9, product_id: 55 } })
})

test('Lemon Squeezy: validations are counted as usage, also refused ones', async () => {
  const { id, key } = await app.createLicense({ max_devices: 1 })
  const { body: first } = await activate(key)
  await validate(key, first.instance.id)
  await validate(key, 'gone')
  await app.deps.usage.flush()
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.summary).toMatchObject({ valid: 1, refused: 1 })
  expect(body.summary.by_error).toEqual({ DEVICE_NOT_ACTIVATED: 1 })
})

test('Lemon Squeezy: pages of any origin may call it, and no log line contains a key', async () => {
  const { key } = await app.createLicense()
  const { headers } = await validate(key)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('content-type')).toBe('application/json')
  expect(app.logLines.join('')).not.toContain(key)
})

test('Lemon Squeezy: other methods and paths get an error in its format', async () => {
  const wrong = await app.send('GET', '/v1/licenses/validate', undefined, {
    authorization: undefined,
  })
  expect(wrong).toMatchObject({ status: 405, body: { error: expect.any(String) } })
  const unknown = await postForm(app, '/v1/licenses/renew', {})
  expect(unknown).toMatchObject({ status: 404, body: { error: expect.any(String) } })
})

test('Lemon Squeezy: after 30 unknown keys in a minute, an address has to wait, but no valid key does', async () => {
  await using other = await openTestApp({ compat: ['lemonsqueezy'] })
  const { key } = await other.createLicense()
  const check = (license_key: string) => postForm(other, '/v1/licenses/validate', { license_key })
  for (let count = 0; count < 30; count++) await check(`unknown-key-number-${count}`)
  const { status, headers, body } = await check('unknown-key-number-30')
  expect(status).toBe(429)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(body).toEqual({ error: expect.any(String) })
  expect(await check(key)).toMatchObject({ status: 200, body: { valid: true } })
})

test('Lemon Squeezy: a server that does not list it has none of its paths', async () => {
  await using other = await openTestApp()
  const { status } = await postForm(other, '/v1/licenses/validate', { license_key: 'x' })
  expect(status).toBe(404)
})
