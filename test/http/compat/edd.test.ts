import { afterAll, beforeAll, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { getWith, postForm } from './forms.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['edd'] })
  const features = { edd_item_id: 8, edd_item_name: 'Tools & More' }
  const plan = { product: 'default', slug: 'plugin', name: 'Plugin', max_domains: 2, features }
  await app.send('POST', '/api/v1/plans', plan)
})
afterAll(() => app.close())

const createLicense = (fields: object = {}) => app.createLicense({ plan: 'plugin', ...fields })
const call = (action: string, fields: Record<string, string>) =>
  getWith(app, '/', { edd_action: action, item_id: '8', ...fields })
const activate = (license: string, url: string, fields: Record<string, string> = {}) =>
  call('activate_license', { license, url, ...fields })
const deactivate = (license: string, url: string) => call('deactivate_license', { license, url })
const check = (license: string, url: string, fields: Record<string, string> = {}) =>
  call('check_license', { license, url, ...fields })

test('EDD: a NUL, also one that is encoded twice, is removed', async () => {
  const { id, key } = await createLicense()
  expect((await activate(key, 'https://a.example%00')).body.success).toBe(true)
  expect((await activate(key, '%00')).body.error).toBe('missing_url')
  expect((await check(key, 'a.example', { version: '1%00' })).status).toBe(200)
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(body.data).toMatchObject([{ kind: 'domain', value: 'a.example' }])
})

test('EDD: a site is activated, checked and deactivated', async () => {
  const { id, key } = await createLicense({ customer_name: 'Ada Lovelace' })
  expect((await check(key, 'https://example.com')).body.license).toBe('inactive')
  const activated = await activate(key, 'https://www.example.com/blog/')
  expect(activated.status).toBe(200)
  expect(activated.body).toEqual({
    success: true,
    license: 'valid',
    item_id: 8,
    item_name: 'Default product',
    checksum: expect.stringMatching(/^[0-9a-f]{32}$/),
    license_limit: 2,
    site_count: 1,
    expires: 'lifetime',
    activations_left: 1,
    payment_id: expect.any(Number),
    customer_name: 'Ada Lovelace',
    customer_email: 'dev@example.com',
    price_id: false,
  })
  const again = await activate(key, 'http://example.com')
  expect(again.body).toMatchObject({ success: true, site_count: 1 })
  const checked = await check(key, 'example.com/')
  expect(checked.body).toMatchObject({ success: true, license: 'valid', activations_left: 1 })
  const elsewhere = await check(key, 'https://example.org')
  expect(elsewhere.body).toMatchObject({ success: true, license: 'site_inactive', site_count: 1 })
  const done = await deactivate(key, 'https://example.com')
  expect(done.body).toMatchObject({ success: true, license: 'deactivated', site_count: 0 })
  const twice = await deactivate(key, 'https://example.com')
  expect(twice.body).toMatchObject({ success: false, license: 'failed' })
  const expected = [
    'license.created',
    'activation.created',
    'license.activated',
    'activation.deleted',
  ]
  expect(await app.eventTypesOf(id)).toEqual(expected)
})

test('EDD: beyond the limit, nothing is activated', async () => {
  const { key } = await createLicense()
  await activate(key, 'https://one.example.com')
  await activate(key, 'https://two.example.com')
  const { body } = await activate(key, 'https://three.example.com')
  expect(body).toMatchObject({
    success: false,
    license: 'invalid',
    error: 'no_activations_left',
    max_sites: 2,
    site_count: 2,
    license_limit: 2,
    activations_left: 0,
  })
  expect((await check(key, 'https://two.example.com')).body.license).toBe('valid')
})

test('EDD: a check activates nothing, although the plan does so with the first validation', async () => {
  const { id, key } = await createLicense()
  await activate(key, 'https://example.com')
  await check(key, 'https://example.org')
  const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(body.domains).toEqual(['example.com'])
})

test('EDD: a suspended or revoked license is disabled', async () => {
  for (const action of ['suspend', 'revoke']) {
    const { id, key } = await createLicense()
    await activate(key, 'https://example.com')
    await app.send('POST', `/api/v1/licenses/${id}/${action}`)
    const checked = await check(key, 'https://example.com')
    expect(checked.body).toMatchObject({ success: true, license: 'disabled' })
    const activated = await activate(key, 'https://example.org')
    const error = 'disabled'
    expect(activated.body).toMatchObject({ success: false, license: 'invalid', error })
  }
})

test('EDD: an expired license says when it expired', async () => {
  await using other = await openTestApp({ compat: ['edd'] })
  const { key: license } = await other.createLicense({ expires_at: '2026-03-20T12:30:00Z' })
  const fields = { license, item_id: '8', url: 'https://example.com' }
  const ask = (edd_action: string) => getWith(other, '/', { edd_action, ...fields })
  await ask('activate_license')
  other.clock.advanceMs(30 * DAY_MS)
  const expires = '2026-03-20 12:30:00'
  expect((await ask('check_license')).body).toMatchObject({ license: 'expired', expires })
  const { body } = await ask('activate_license')
  expect(body).toMatchObject({ success: false, license: 'invalid', error: 'expired', expires })
})

test('EDD: a key that no license has is missing, invalid, and fails', async () => {
  const key = 'cc22c1ec86304b36883440e2e84cddff'
  const activated = await activate(key, 'https://example.com')
  expect(activated.status).toBe(200)
  expect(activated.body).toEqual({
    success: false,
    license: 'invalid',
    item_id: 8,
    item_name: '',
    checksum: expect.any(String),
    error: 'missing',
  })
  expect((await check(key, '')).body).toMatchObject({ success: false, license: 'invalid' })
  expect((await deactivate(key, 'x')).body).toMatchObject({ success: false, license: 'failed' })
})

test('EDD: a license of another product is refused by the ID or the name', async () => {
  const { key } = await createLicense()
  const url = 'https://example.com'
  const byId = { item_id: '9' }
  const byName = { item_id: '', item_name: 'Another' }
  expect((await activate(key, url, byId)).body).toMatchObject({ error: 'invalid_item_id' })
  expect((await check(key, url, byId)).body.license).toBe('invalid_item_id')
  expect((await activate(key, url, byName)).body).toMatchObject({ error: 'item_name_mismatch' })
  expect((await check(key, url, byName)).body.license).toBe('item_name_mismatch')
  const named = { item_id: '', item_name: encodeURIComponent('Tools & More') }
  expect((await activate(key, url, named)).body).toMatchObject({
    success: true,
    item_id: false,
    item_name: 'Tools & More',
  })
})

test('EDD: without a URL, the site in the user agent of WordPress is used, or none', async () => {
  const { key: license } = await createLicense()
  const fields = { edd_action: 'activate_license', item_id: '8', license }
  const agent = { 'user-agent': 'WordPress/6.7; https://shop.example.com' }
  const activated = await getWith(app, '/', fields, agent)
  expect(activated.body).toMatchObject({ success: true, site_count: 1 })
  const none = await getWith(app, '/', fields, { 'user-agent': 'curl/8.5.0' })
  expect(none.body).toMatchObject({ success: false, error: 'missing_url' })
  const checked = await getWith(app, '/', { ...fields, edd_action: 'check_license' })
  expect(checked.body).toMatchObject({ success: true, license: 'valid' })
})

test('EDD: a development site needs no slot and is local', async () => {
  const { key } = await createLicense({ max_domains: 0 })
  const { body } = await activate(key, 'http://localhost:8080/wp')
  expect(body).toMatchObject({ success: true, license: 'valid', is_local: true, site_count: 0 })
  expect((await check(key, 'http://localhost:8080/wp')).body.license).toBe('valid')
})

test('EDD: desktop software sends the ID of a computer as the URL', async () => {
  const { id, key } = await createLicense({ max_devices: 1 })
  const { body } = await activate(key, 'PC-7f3a9c0b51')
  expect(body).toMatchObject({ success: true, license_limit: 1, site_count: 1 })
  expect((await check(key, 'PC-7f3a9c0b51')).body.license).toBe('valid')
  expect((await activate(key, 'PC-other')).body.error).toBe('no_activations_left')
  const activations = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(activations.body.data).toMatchObject([{ kind: 'device', value: 'PC-7f3a9c0b51' }])
})

test('EDD: a text that is no domain does not get around the limit of sites', async () => {
  const { id, key } = await createLicense({ max_devices: null })
  for (const url of ['PC-7f3a9c0b51', 'http://intranet', 'https://user@example.com']) {
    const { body } = await activate(key, url)
    expect(body).toMatchObject({ success: false, error: 'license_not_activable' })
  }
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(body.data).toEqual([])
})

test('EDD: requests are answered as GET and POST, at / and at /edd-sl-api', async () => {
  const { key: license } = await createLicense()
  const fields = { edd_action: 'check_license', item_id: '8', license, url: 'https://example.com' }
  for (const path of ['/', '/edd-sl-api', '/edd-sl-api/']) {
    const got = await getWith(app, path, fields)
    expect(got).toMatchObject({ status: 200, body: { license: 'inactive', item_id: 8 } })
    expect(await postForm(app, path, fields)).toMatchObject({ status: 200, body: got.body })
  }
})

test('EDD: a browser still gets the start page, and no log line contains a key', async () => {
  const { key } = await createLicense()
  await check(key, 'https://example.com')
  expect(app.logLines.join('')).not.toContain(key)
  const headers = { accept: 'text/html', authorization: undefined }
  for (const path of ['/', '/?edd_action=other']) {
    const page = await app.send('GET', path, undefined, headers)
    expect(page.text).not.toContain('success')
    expect(page.headers.get('content-type')).not.toContain('json')
  }
})

test('EDD: another action gets 404 at its own path', async () => {
  const reply = await getWith(app, '/edd-sl-api', { edd_action: 'other' })
  expect(reply).toMatchObject({ status: 404, body: { success: false, msg: expect.any(String) } })
})

test('EDD: a plugin without a key is not limited as guesses are', async () => {
  for (let count = 0; count < 40; count++) {
    expect((await check('', 'https://example.com')).body.license).toBe('invalid')
  }
})

test('EDD: after 30 unknown keys in a minute, an address has to wait', async () => {
  await using other = await openTestApp({ compat: ['edd'] })
  const ask = (license: string) =>
    getWith(other, '/', { edd_action: 'check_license', license, item_id: '8' })
  for (let count = 0; count < 30; count++) await ask(`unknown-key-number-${count}`)
  const { status, body } = await ask('unknown-key-number-30')
  expect(status).toBe(429)
  expect(body).toEqual({ success: false, msg: expect.any(String) })
})

test('EDD: a server that does not list it has none of its paths', async () => {
  await using other = await openTestApp()
  const fields = { edd_action: 'check_license', license: 'x' }
  expect((await getWith(other, '/edd-sl-api', fields)).status).toBe(404)
  expect((await getWith(other, '/', fields)).text).not.toContain('success')
})
