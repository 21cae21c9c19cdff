import { expect, test } from 'bun:test'
import { crc32 } from 'node:zlib'
import { shellActor } from '~/domain/actors.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/keys'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const create = async (app: TestApp, body: object) => (await app.send('POST', path, body)).body

test('API keys: the token is only in the response that creates the key', async () => {
  await using app = await openTestApp()
  const given = {
    name: 'billing',
    scopes: ['licenses:read', 'licenses:write'],
    expires_at: '2027-03-06T00:00:00Z',
  }
  const { status, body } = await app.send('POST', path, given)
  expect(body).toEqual({
    id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
    ...given,
    created_at: '2026-03-06T00:00:00Z',
    last_used_at: null,
    token: expect.stringMatching(/^licet_[0-9A-Za-z]{36}$/),
  })
  expect(status).toBe(201)

  const { token, ...rest } = body
  const list = await app.send('GET', path)
  expect(list.body.data[0]).toEqual(rest)
  expect(list.text).not.toContain(token)
  expect(JSON.stringify(await app.database.readRows())).not.toContain(token)
  expect(await app.database.readEventTypes()).toEqual([])
})

test('API keys: a token ends with its CRC-32 in base62, for secret scanners', async () => {
  await using app = await openTestApp()
  const { token } = await create(app, { name: 'x', scopes: ['*'] })
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = [...token.slice(-6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  expect(value).toBe(crc32(token.slice('licet_'.length, -6)))
})

test('API keys: a key allows what its scopes say until it is revoked', async () => {
  await using app = await openTestApp()
  const { id, token } = await create(app, { name: 'reader', scopes: ['licenses:read'] })
  const read = () => app.send('GET', '/api/v1/licenses', undefined, bearer(token))
  expect((await read()).status).toBe(200)
  expectProblem(await app.send('GET', path, undefined, bearer(token)), 403, 'missing_scope')

  const { status, text } = await app.send('DELETE', `${path}/${id}`)
  expect([status, text]).toEqual([204, ''])
  expectProblem(await read(), 401, 'unauthorized')
  expectProblem(await app.send('DELETE', `${path}/${id}`), 404, 'not_found')
})

test('API keys: a key expires to the millisecond', async () => {
  await using app = await openTestApp()
  const expires_at = '2026-03-06T01:00:00Z'
  const { token } = await create(app, { name: 'brief', scopes: ['*'], expires_at })
  const read = () => app.send('GET', path, undefined, bearer(token))
  app.clock.advanceMs(HOUR_MS - 1)
  expect((await read()).status).toBe(200)
  app.clock.advanceMs(1)
  expectProblem(await read(), 401, 'unauthorized')
})

test('API keys: last_used_at shows the last use', async () => {
  await using app = await openTestApp()
  const { id, token } = await create(app, { name: 'reader', scopes: ['licenses:read'] })
  app.clock.advanceMs(HOUR_MS)
  await app.send('GET', '/api/v1/licenses', undefined, bearer(token))
  const { body } = await app.send('GET', path)
  expect(body.data[0]).toMatchObject({ id, last_used_at: '2026-03-06T01:00:00Z' })
})

test('API keys: a key can grant and revoke only scopes that it has', async () => {
  await using app = await openTestApp()
  const clerk = bearer(await app.tokenWith('keys:write', 'keys:read', 'licenses:read'))
  const grant = (...scopes: string[]) => app.send('POST', path, { name: 'x', scopes }, clerk)
  const granted = await grant('licenses:read', 'keys:write', 'licenses:read')
  expect(granted.body.scopes).toEqual(['licenses:read', 'keys:write'])
  for (const scopes of [['licenses:write'], ['*'], ['licenses:read', 'licenses:reveal']]) {
    const refused = await grant(...scopes)
    expectProblem(refused, 403, 'missing_scope')
    expect(refused.body.detail).toContain(scopes.at(-1))
  }
  const { id } = await create(app, { name: 'chief', scopes: ['*'] })
  const revoke = (keyId: string) => app.send('DELETE', `${path}/${keyId}`, undefined, clerk)
  expectProblem(await revoke(id), 403, 'missing_scope')
  expect((await revoke(granted.body.id)).status).toBe(204)
})

test('API keys: the key of LICET_ADMIN_TOKEN cannot be revoked by a request', async () => {
  await using app = await openTestApp()
  const { deps } = app
  const id = deps.createId('key')
  const apiKey = {
    id,
    name: 'LICET_ADMIN_TOKEN',
    scopes: ['*'],
    isReserved: true,
    createdAtMs: 0,
    expiresAtMs: null,
    lastUsedAtMs: null,
  }
  const reserved = { apiKey, tokenHash: deps.vault.hashToken('the-token-of-the-environment') }
  const context = { actor: shellActor, requestId: 'test', nowMs: 0, idempotency: null }
  await deps.store.apiKeys.replaceReserved(reserved, context)
  expectProblem(await app.send('DELETE', `${path}/${id}`), 409, 'in_use')
})

test('API keys: an invalid field gets 422 with a pointer to it', async () => {
  await using app = await openTestApp()
  const least = { name: 'x', scopes: ['*'] }
  const wrong: [body: object, pointer: string][] = [
    [{ ...least, name: '' }, '/name'],
    [{ ...least, name: 'x'.repeat(201) }, '/name'],
    [{ scopes: ['*'] }, '/name'],
    [{ name: 'x' }, '/scopes'],
    [{ ...least, scopes: [] }, '/scopes'],
    [{ ...least, scopes: '*' }, '/scopes'],
    [{ ...least, scopes: ['*', 'licenses:delete'] }, '/scopes/1'],
    [{ ...least, scopes: Array(31).fill('*') }, '/scopes'],
    [{ ...least, expires_at: '2026-02-30T00:00:00Z' }, '/expires_at'],
    [{ ...least, expires_at: 'never' }, '/expires_at'],
    [{ ...least, token: 'mine' }, '/token'],
  ]
  for (const [body, pointer] of wrong) {
    expectProblem(await app.send('POST', path, body), 422, 'validation_failed', [pointer])
  }
  expect((await app.send('GET', path)).body.data).toHaveLength(1)
})

test('API keys: an expiration in the past is rejected', async () => {
  await using app = await openTestApp()
  const body = { name: 'late', scopes: ['licenses:read'], expires_at: '2026-03-06T00:00:00Z' }
  const refused = await app.send('POST', '/api/v1/keys', body)
  expectProblem(refused, 422, 'validation_failed', ['/expires_at'])
})

test('API keys: an API key never creates one that outlives it', async () => {
  await using app = await openTestApp()
  const expires_at = '2026-03-07T00:00:00Z'
  const { token } = await create(app, { name: 'brief', scopes: ['*'], expires_at })
  const order = { name: 'heir', scopes: ['licenses:read'] }
  const before = await app.database.readRows()
  for (const later of [undefined, null, '2026-03-07T00:00:01Z', '2027-03-06T00:00:00Z']) {
    const refused = await app.send('POST', path, { ...order, expires_at: later }, bearer(token))
    expectProblem(refused, 422, 'validation_failed', ['/expires_at'])
    expect(refused.body.detail).toContain('no later than 2026-03-07T00:00:00Z')
  }
  expect(await app.database.readRows()).toEqual(before)
  for (const expires of [expires_at, '2026-03-06T12:00:00Z']) {
    const created = await app.send('POST', path, { ...order, expires_at: expires }, bearer(token))
    expect([created.status, created.body.expires_at]).toEqual([201, expires])
  }
})
