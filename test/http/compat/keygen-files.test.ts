import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createDecipheriv, createHash, createPublicKey, verify } from 'node:crypto'
import { toPrivateKey } from '~/signing/keys.ts'
import { type KeygenApp, openKeygenApp, testKeygenKey } from '../../support/keygen.ts'

let keygen: KeygenApp
beforeAll(async () => {
  keygen = await openKeygenApp(true)
  const plan = { product: 'default', name: 'Plan', max_devices: 5 }
  const create = (terms: object) => keygen.app.send('POST', '/api/v1/plans', { ...plan, ...terms })
  const offline = { refresh_days: 1, valid_days: 2, hard_days: 3 }
  await create({ slug: 'offline', offline, features: { SSO: true } })
  await create({ slug: 'online', offline: null })
  await create({ slug: 'bound', offline, require_fingerprint: true })
})
afterAll(() => keygen.app.close())

const DAY_SECONDS = 86_400
const publicKey = createPublicKey(toPrivateKey(Buffer.from(testKeygenKey, 'hex')))

/** Returns the contents of a file as apps read them: they check its signature, then decrypt it. */
function open(certificate: string, kind: 'license' | 'machine', secret = '') {
  const title = `${kind.toUpperCase()} FILE`
  const [, text = ''] =
    new RegExp(`^-----BEGIN ${title}-----\n([^-]+)-----END ${title}-----\n$`).exec(certificate) ??
    []
  const { enc, sig, alg } = JSON.parse(Buffer.from(text, 'base64').toString())
  const isGenuine = verify(
    null,
    Buffer.from(`${kind}/${enc}`),
    publicKey,
    Buffer.from(sig, 'base64'),
  )
  expect(isGenuine).toBe(true)
  if (alg === 'base64+ed25519') return JSON.parse(Buffer.from(enc, 'base64').toString())
  expect(alg).toBe('aes-256-gcm+ed25519')
  const [ciphertext = '', iv = '', tag = ''] = enc.split('.')
  const key = createHash('sha256').update(secret).digest()
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'))
  decipher.setAuthTag(Buffer.from(tag, 'base64'))
  return JSON.parse(decipher.update(ciphertext, 'base64', 'utf8') + decipher.final('utf8'))
}

async function createBoth(plan = 'offline') {
  const license = await keygen.app.createLicense({ plan })
  const { body } = await keygen.createMachine(license, { fingerprint: 'mac-1' })
  const path = `/machines/${body.data.id}/actions/check-out`
  return { license, machine: body.data, path }
}

test('Keygen: a license file is valid as long as a lease of the plan, and contains what is asked for', async () => {
  const { license } = await createBoth()
  const path = `/licenses/${license.id}/actions/check-out?include=entitlements`
  const { status, body } = await keygen.call('POST', path, license.key)
  expect(status).toBe(200)
  expect(body.data).toMatchObject({
    type: 'license-files',
    attributes: {
      algorithm: 'base64+ed25519',
      includes: ['entitlements'],
      ttl: 3 * DAY_SECONDS,
      issued: '2026-03-06T00:00:00.000Z',
      expiry: '2026-03-09T00:00:00.000Z',
    },
    relationships: { license: { data: { type: 'licenses', id: license.id } } },
  })
  expect(open(body.data.attributes.certificate, 'license')).toMatchObject({
    data: { id: license.id, type: 'licenses', attributes: { key: license.key, maxMachines: 5 } },
    included: [{ type: 'entitlements', attributes: { code: 'SSO' } }],
    meta: { issued: '2026-03-06T00:00:00.000Z', expiry: '2026-03-09T00:00:00.000Z' },
  })
})

test('Keygen: a machine file is encrypted with the key and the fingerprint', async () => {
  const { license, machine, path } = await createBoth()
  const meta = { encrypt: true, ttl: 7200, include: ['license', 'license.entitlements'] }
  const { body } = await keygen.call('POST', path, license.key, { meta })
  const { certificate, algorithm, ttl } = body.data.attributes
  expect(body.data.type).toBe('machine-files')
  expect({ algorithm, ttl }).toEqual({ algorithm: 'aes-256-gcm+ed25519', ttl: 7200 })
  const contents = open(certificate, 'machine', `${license.key}mac-1`)
  expect(contents.data).toMatchObject({ id: machine.id, attributes: { fingerprint: 'mac-1' } })
  expect(contents.included.map(({ type }: { type: string }) => type)).toEqual([
    'licenses',
    'entitlements',
  ])
  expect(() => open(certificate, 'machine', license.key)).toThrow()
})

test('Keygen: a GET downloads the file itself', async () => {
  const { license, path } = await createBoth()
  const { status, headers, text } = await keygen.call('GET', path, license.key)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/octet-stream')
  expect(headers.get('content-disposition')).toEndWith('.lic"')
  expect(open(text, 'machine').data.attributes.fingerprint).toBe('mac-1')
})

test('Keygen: a file ends with the license', async () => {
  const { license, path } = await createBoth()
  const end = { expires_at: '2026-03-06T12:00:00Z' }
  await keygen.app.send('PUT', `/api/v1/licenses/${license.id}`, end)
  const { body } = await keygen.call('POST', path, license.key)
  expect(body.data.attributes).toMatchObject({ ttl: 43_200, expiry: '2026-03-06T12:00:00.000Z' })
})

test('Keygen: a file counts as a validation, and starts the license', async () => {
  const { license, path } = await createBoth()
  await keygen.call('POST', path, license.key)
  expect(await keygen.app.eventTypesOf(license.id)).toEqual([
    'license.created',
    'activation.created',
    'license.activated',
  ])
})

test.each([
  ['ttl=60', 'CHECKOUT_TTL_INVALID', 'ttl'],
  ['ttl=x', 'CHECKOUT_TTL_INVALID', 'ttl'],
  ['algorithm=rsa-sha256', 'CHECKOUT_ALGORITHM_INVALID', 'algorithm'],
])('Keygen: a file with %s gets 400 %s', async (query, code, parameter) => {
  const { license, path } = await createBoth()
  const { status, body } = await keygen.call('POST', `${path}?${query}`, license.key)
  expect(status).toBe(400)
  expect(body.errors).toMatchObject([{ title: 'Bad request', code, source: { parameter } }])
})

test('Keygen: an expired license and a plan without offline use get 403 instead of a file', async () => {
  const online = await createBoth('online')
  const refused = await keygen.call('POST', online.path, online.license.key)
  expect(refused.status).toBe(403)
  expect(refused.body.errors).toMatchObject([
    { title: 'Access denied', detail: expect.stringContaining('without a connection') },
  ])
  const { license, path } = await createBoth()
  const ended = { expires_at: '2026-03-05T00:00:00Z' }
  await keygen.app.send('PUT', `/api/v1/licenses/${license.id}`, ended)
  const expired = await keygen.call('POST', path, license.key)
  expect(expired.status).toBe(403)
  expect(expired.body.errors).toMatchObject([{ code: 'LICENSE_EXPIRED' }])
})

test('Keygen: a plan that requires a device has machine files, but no license files', async () => {
  const { license, path } = await createBoth('bound')
  const ofLicense = `/licenses/${license.id}/actions/check-out`
  const refused = await keygen.call('POST', ofLicense, license.key)
  expect(refused.status).toBe(403)
  expect(refused.body.errors).toMatchObject([{ detail: 'fingerprint scope is required' }])
  expect((await keygen.call('POST', path, license.key)).status).toBe(200)
})

test('Keygen: a server without a key issues no files', async () => {
  await using unsigned = {
    ...(await openKeygenApp()),
    [Symbol.asyncDispose]: () => unsigned.app.close(),
  }
  const { id, key } = await unsigned.app.createLicense()
  const { status, body } = await unsigned.call('POST', `/licenses/${id}/actions/check-out`, key)
  expect(status).toBe(403)
  expect(body.errors).toHaveLength(1)
})
