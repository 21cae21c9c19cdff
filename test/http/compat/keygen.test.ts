import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { isSignedFor, type KeygenApp, openKeygenApp } from '../../support/keygen.ts'

let keygen: KeygenApp
let signed: KeygenApp
beforeAll(async () => {
  keygen = await openKeygenApp()
  signed = await openKeygenApp(true)
})
afterAll(async () => {
  await keygen.app.close()
  await signed.app.close()
})

const get = (path: string, authorization?: string) =>
  keygen.app.send('GET', path, undefined, { authorization })

test('Keygen: a license key is accepted in all three documented places', async () => {
  const { id, key } = await keygen.app.createLicense()
  const basic = Buffer.from(`license:${key}`).toString('base64')
  const responses = [
    await get('/v1/accounts/acme/me', `License ${key}`),
    await get('/v1/accounts/acme/me', `license   ${key}`),
    await get('/v1/accounts/acme/me', `Basic ${basic}`),
    await get(`/v1/accounts/acme/me?auth=license:${encodeURIComponent(key)}`),
  ]
  for (const { status, body } of responses) {
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ id, type: 'licenses', attributes: { key } })
  }
})

const basicOf = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

test.each([
  ['no credential', undefined, '', 'TOKEN_MISSING'],
  ['an empty license key', 'License', '', 'TOKEN_MISSING'],
  ['a token', 'Bearer activ-0123456789abcdef', '', 'TOKEN_INVALID'],
  ['a token as the user name', basicOf('activ-0123456789abcdef:'), '', 'TOKEN_INVALID'],
  ['a token in the query', undefined, '?auth=token:activ-0123456789abcdef', 'TOKEN_INVALID'],
  ['a token in the former parameter', undefined, '?token=activ-0123456789abcdef', 'TOKEN_INVALID'],
  ['an unknown key', 'License no-such-key-anywhere', '', 'LICENSE_INVALID'],
  [
    'an unknown key in the query',
    undefined,
    '?auth=license:no-such-key-anywhere',
    'LICENSE_INVALID',
  ],
])('Keygen: a request with %s gets 401', async (_title, authorization, query, code) => {
  const { status, headers, body } = await get(`/v1/accounts/acme/me${query}`, authorization)
  expect(status).toBe(401)
  expect(headers.get('www-authenticate')).toBe('Bearer realm="keygen"')
  expect(body).toEqual({
    meta: { id: headers.get('x-request-id') },
    errors: [
      { title: 'Unauthorized', detail: 'You must be authenticated to complete the request', code },
    ],
  })
})

test('Keygen: a license key shows its own license and no other', async () => {
  const [mine, other] = [await keygen.app.createLicense(), await keygen.app.createLicense()]
  const own = await keygen.call('GET', `/licenses/${mine.id}`, mine.key)
  expect(own.body.data.id).toBe(mine.id)
  for (const path of ['', '/actions/validate', '/machines', '/entitlements']) {
    const { status, body } = await keygen.call('GET', `/licenses/${other.id}${path}`, mine.key)
    expect(status).toBe(404)
    expect(body.errors).toEqual([
      {
        title: 'Not found',
        detail: `The requested license '${other.id}' was not found`,
        code: 'NOT_FOUND',
      },
    ])
  }
})

test('Keygen: the features that a license includes are its entitlements', async () => {
  const features = { SSO: true, PROJECTS: 10, BETA: false, keygen_product_id: 'product-1' }
  const { id, key } = await keygen.app.createLicense({ features })
  const { body } = await keygen.call('GET', `/licenses/${id}/entitlements?limit=100`, key)
  expect(
    body.data.map(({ attributes }: { attributes: { code: string } }) => attributes.code),
  ).toEqual(['SSO', 'PROJECTS'])
})

test('Keygen: the account is missing in the path if SDKs call a host of its own', async () => {
  const { id, key } = await keygen.app.createLicense()
  const { status, body } = await get('/v1/me', `License ${key}`)
  expect(status).toBe(200)
  expect(body.data).toMatchObject({
    id,
    relationships: { account: { data: { id: 'licet' } } },
    links: { self: `/v1/licenses/${id}` },
  })
})

test('Keygen: a client that parses only plain JSON gets that as its type', async () => {
  const { key } = await keygen.app.createLicense()
  const typeOf = async (accept: string) => {
    const headers = { authorization: `License ${key}`, accept }
    return (await keygen.app.send('GET', '/v1/me', undefined, headers)).headers.get('content-type')
  }
  expect(await typeOf('application/json')).toBe('application/json; charset=utf-8')
  expect(await typeOf('*/*')).toBe('application/vnd.api+json; charset=utf-8')
})

test('Keygen: an unknown path or method is an error in its format', async () => {
  const unknown = await get('/v1/accounts/acme/releases')
  expect(unknown.status).toBe(404)
  expect(unknown.body.errors).toMatchObject([{ title: 'Not found', code: 'NOT_FOUND' }])
  const wrong = await keygen.app.send('PUT', '/v1/accounts/acme/machines', {})
  expect(wrong.status).toBe(405)
  expect(wrong.body.errors).toHaveLength(1)
})

test('Keygen: pages of any origin may send a license key', async () => {
  const path = '/v1/accounts/acme/machines'
  const { status, headers } = await keygen.app.send('OPTIONS', path)
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-headers')).toContain('authorization')
  expect(headers.get('access-control-allow-headers')).toContain('keygen-version')
})

test('Keygen: without LICET_COMPAT, none of its paths exists', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const headers = { authorization: `License ${key}` }
  for (const path of ['/v1/me', '/v1/accounts/acme/me', '/v1/accounts/acme/machines/x']) {
    expect((await app.send('GET', path, undefined, headers)).status).toBe(404)
  }
})

test('Keygen: no key is in the log, wherever a request has it', async () => {
  const { id, key } = await keygen.app.createLicense()
  await get(`/v1/me?auth=license:${key}`)
  await get(`/v1/licenses/${key}`, `License ${key}`)
  await keygen.validateKey(key)
  await keygen.call('GET', `/licenses/${id}`, key)
  expect(keygen.app.logLines.join()).toContain('keygen /v1/licenses/:id')
  expect(keygen.app.logLines.join()).not.toContain(key)
})

test('Keygen: every response is signed with the key of the vendor, so that SDKs accept it', async () => {
  const license = await signed.app.createLicense()
  const { key } = license
  const host = 'localhost'
  const me = await signed.call('GET', '/me', key)
  const account = '/v1/accounts/acme'
  expect(isSignedFor(me, { method: 'GET', target: `${account}/me`, host })).toBe(true)
  expect(isSignedFor(me, { method: 'POST', target: `${account}/me`, host })).toBe(false)
  expect(isSignedFor(me, { method: 'GET', target: `${account}/me`, host: 'evil.example' })).toBe(
    false,
  )
  expect(me.headers.get('keygen-signature')).toStartWith(
    'keyid="acme", algorithm="ed25519", signature="',
  )
  expect(me.headers.get('keygen-signature')).toEndWith(
    '", headers="(request-target) host date digest"',
  )
  const machine = await signed.createMachine(license, { fingerprint: 'mac:1' })
  expect(isSignedFor(machine, { method: 'POST', target: `${account}/machines`, host })).toBe(true)
  const target = `${account}/machines/mac%3A1?x=%20y`
  const deleted = await signed.call('DELETE', target.slice(account.length), key)
  expect(deleted.status).toBe(204)
  expect(isSignedFor(deleted, { method: 'DELETE', target, host })).toBe(true)
})

test('Keygen: a request that an edge has forwarded is signed for the host that the app has called', async () => {
  const { key } = await signed.app.createLicense()
  const headers = { authorization: `License ${key}`, 'licet-client-host': 'api.example.com' }
  const response = await signed.app.send('GET', '/v1/me', undefined, headers)
  const host = 'api.example.com'
  expect(isSignedFor(response, { method: 'GET', target: '/v1/me', host })).toBe(true)
})

test('Keygen: pages can read the headers with which they verify a signature', async () => {
  const { key } = await signed.app.createLicense()
  const { headers } = await signed.call('GET', '/me', key)
  for (const name of ['date', 'digest', 'keygen-signature']) {
    expect(headers.get('access-control-expose-headers')).toContain(name)
  }
})

test('Keygen: errors of its routes are signed as well', async () => {
  const target = '/v1/accounts/acme/me'
  const refused = await signed.call('GET', '/me', 'no-such-key-anywhere')
  expect(refused.status).toBe(401)
  expect(isSignedFor(refused, { method: 'GET', target, host: 'localhost' })).toBe(true)
})

test('Keygen: a signature of another algorithm gets 400, and a key ID is repeated', async () => {
  const { key } = await signed.app.createLicense()
  const send = (accepted: string) =>
    signed.app.send('GET', '/v1/me', undefined, {
      authorization: `License ${key}`,
      'keygen-accept-signature': accepted,
    })
  const same = await send('keyid="account-1", algorithm="ed25519"')
  expect(same.status).toBe(200)
  expect(same.headers.get('keygen-signature')).toStartWith('keyid="account-1", algorithm="ed25519"')
  const other = await send('algorithm="rsa-pss-sha256"')
  expect(other.status).toBe(400)
  expect(other.body.errors).toMatchObject([
    { detail: 'invalid accept-signature header (unsupported algorithm)' },
  ])
  for (const malformed of ['ed25519', 'keyid="\xe9", algorithm="ed25519"']) {
    const { status, body } = await send(malformed)
    expect(status).toBe(400)
    const detail = 'invalid accept-signature header (malformed)'
    expect(body.errors).toMatchObject([{ detail }])
  }
})

test('Keygen: an account in the path cannot add anything to links and headers', async () => {
  const { id, key } = await signed.app.createLicense()
  const account = '%0d%0aX-Injected:1%22%E4%BD%A0'
  const path = `/v1/accounts/${account}`
  const authorization = { authorization: `License ${key}` }
  const { status, headers, body } = await signed.app.send(
    'GET',
    `${path}/me`,
    undefined,
    authorization,
  )
  expect(status).toBe(200)
  expect(body.data.links.self).toBe(
    `/v1/accounts/${encodeURIComponent(decodeURIComponent(account))}/licenses/${id}`,
  )
  expect(headers.get('keygen-signature')).toStartWith('keyid="%0D%0AX-Injected%3A1%22%E4%BD%A0", ')
  const license = { data: { type: 'licenses', id } }
  const attributes = { fingerprint: 'a device' }
  const machine = { data: { type: 'machines', attributes, relationships: { license } } }
  const created = await signed.app.send('POST', `${path}/machines`, machine, authorization)
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toBe(created.body.data.links.self)
})

test('Keygen: a NUL in a scope gets 400, and one in a query is removed', async () => {
  const { key } = await keygen.app.createLicense()
  for (const scope of [
    { machine: 'a\0' },
    { fingerprint: 'a\0' },
    { fingerprints: ['a\0', 'b'] },
  ]) {
    const meta = { meta: { key, scope } }
    const { status, body } = await keygen.app.send(
      'POST',
      '/v1/licenses/actions/validate-key',
      meta,
    )
    expect([status, body.errors[0].detail]).toEqual([400, 'is invalid'])
  }
  const listed = await get('/v1/machines?fingerprint=a%00', `License ${key}`)
  expect([listed.status, listed.body.data]).toEqual([200, []])
})

test('Keygen: without a key, no response is signed', async () => {
  const { key } = await keygen.app.createLicense()
  const { headers } = await keygen.call('GET', '/me', key)
  expect(headers.get('keygen-signature')).toBeNull()
  expect(headers.get('digest')).toBeNull()
})
