import { expect, test } from 'bun:test'
import { openBrowser } from '../../support/browser.ts'
import { formatRequestCode, readFile, returnCodeOf } from '../../support/offline.ts'
import { openPortal, PORTAL } from '../../support/portal.ts'
import { expectProblem } from '../../support/problems.ts'

/** Opens the portal with a license of a plan with these terms, and a customer who has its key. */
async function openWithLicense(terms: object = {}) {
  const portal = await openPortal()
  const plan = { slug: 'sold', product: 'default', name: 'Sold', max_devices: 1, offline: {} }
  await portal.send('POST', '/api/v1/plans', { ...plan, ...terms })
  const { id, key } = await portal.createLicense({ plan: 'sold' })
  const customer = await portal.enter({ key })
  const call = (method: string, path: string, body?: unknown) =>
    customer.send(method, `${PORTAL}/licenses/${id}${path}`, body)
  return { ...portal, id, key, customer, call }
}

test('portal files: the request code of an app gets a signed file with its nonce, and takes a slot', async () => {
  await using app = await openWithLicense()
  const request = formatRequestCode({
    key: app.key,
    fp: 'machine',
    name: 'Lab',
    nonce: 'a-nonce-of-an-app',
  })
  const { status, body } = await app.call('POST', '/file', { request })
  expect(status).toBe(200)
  expect(readFile(app, body.file)).toMatchObject({
    sub: app.id,
    non: 'a-nonce-of-an-app',
    jti: body.id,
  })
  const { data } = (await app.call('GET', '/activations')).body
  expect(data).toMatchObject([{ value: 'machine', name: 'Lab' }])
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created', 'activation.created'])
  const again = await app.call('POST', '/file', { request })
  expect(again.body.activations).toEqual(body.activations)
  const other = formatRequestCode({ key: app.key, fp: 'other' })
  const refused = await app.call('POST', '/file', { request: other })
  expect([refused.status, refused.body.code]).toEqual([409, 'DEVICE_LIMIT_REACHED'])
  const { body: files } = await app.call('GET', '/files')
  expect(files.data.map((file: { id: string }) => file.id)).toEqual([again.body.id, body.id])
})

test('portal files: a request code for another license gets 422, and takes no slot anywhere', async () => {
  await using app = await openWithLicense()
  const other = await app.createLicense({ plan: 'sold' })
  for (const key of [other.key, 'TO-0000-0000-0000-0000']) {
    const request = formatRequestCode({ key, fp: 'machine' })
    const answer = await app.call('POST', '/file', { request })
    expectProblem(answer, 422, 'validation_failed', ['/request'])
    expect(answer.text).not.toContain(key)
  }
  const { body } = await app.send('GET', `/api/v1/licenses/${other.id}`)
  expect(body.devices).toBe(0)
})

test('portal files: without a request code, a file is bound to the given device or domains', async () => {
  await using app = await openWithLicense({ max_domains: 1 })
  expectProblem(await app.call('POST', '/file', {}), 422, 'validation_failed', [
    '/fingerprint',
    '/domains',
  ])
  const device = await app.call('POST', '/file', { fingerprint: 'machine', name: 'Lab' })
  expect(device.body).toMatchObject({ fingerprint_bound: true, domains: [] })
  const site = await app.call('POST', '/file', { domains: ['example.com'] })
  expect(site.body.domains).toContain('example.com')
  const request = formatRequestCode({ key: app.key, fp: 'machine' })
  const both = await app.call('POST', '/file', { request, fingerprint: 'machine' })
  expectProblem(both, 422, 'validation_failed', ['/request'])
  expectProblem(await app.call('POST', '/file', { days: 9999 }), 422, 'validation_failed', [
    '/days',
  ])
})

test('portal files: a plan without offline use refuses one', async () => {
  await using app = await openWithLicense({ offline: null })
  const { license_files: allowed } = (await app.call('GET', '')).body
  const answer = await app.call('POST', '/file', { fingerprint: 'machine' })
  expect([allowed, answer.status, answer.body.code]).toEqual([false, 409, 'OFFLINE_NOT_ALLOWED'])
  const { data } = (await app.call('GET', '/activations')).body
  expect(data).toEqual([])
})

test('portal files: 100 an hour per license, then 429', async () => {
  await using app = await openWithLicense()
  for (let count = 0; count < 100; count += 1) {
    expect((await app.call('POST', '/file', { fingerprint: 'machine' })).status).toBe(200)
  }
  const answer = await app.call('POST', '/file', { fingerprint: 'machine' })
  expectProblem(answer, 429, 'rate_limited')
})

test('portal files: the return code frees the slot once, and a wrong one changes nothing', async () => {
  await using app = await openWithLicense()
  const request = formatRequestCode({ key: app.key, fp: 'machine' })
  const { body } = await app.call('POST', '/file', { request })
  const wrong = await app.call('POST', '/return', { code: '00000-00000' })
  expect(wrong.status).toBeGreaterThanOrEqual(400)
  const code = returnCodeOf(app, body.file)
  const { status, body: returned } = await app.call('POST', '/return', { code })
  expect([status, returned.id]).toEqual([200, body.id])
  expect(returned.returned_at).not.toBeNull()
  expect((await app.call('POST', '/return', { code })).body).toEqual(returned)
  const { limits, self_deactivation: budget } = (await app.call('GET', '')).body
  expect([limits.devices.used, budget.used]).toEqual([0, 0])
  const types = ['license.created', 'activation.created', 'activation.deleted']
  expect(await app.eventTypesOf(app.id)).toEqual(types)
})

test('portal files: without a session, each route gets 401 before its body is read', async () => {
  await using app = await openWithLicense()
  const visitor = openBrowser(app.url)
  for (const path of ['file', 'return', 'key']) {
    const answer = await visitor.send(
      'POST',
      `${PORTAL}/licenses/${app.id}/${path}`,
      'x'.repeat(100_000),
    )
    expectProblem(answer, 401, 'unauthorized')
  }
})
