import { expect, test } from 'bun:test'
import type { Scope } from '~/domain/api-keys.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }

test('license keys: an imported key is stored as sent and works like any other', async () => {
  await using app = await openTestApp()
  const keys = ['TO-A3F2-B891-C4D7-E052', 'ABCD1234-5678-OLD-KEY', 'schlüssel-für-alte-kunden']
  for (const key of keys) {
    const license = await app.createLicense({ key: ` ${key} ` })
    expect(license.key).toBe(key)
    expect((await app.validate({ key })).body).toMatchObject({ valid: true })
    expect((await app.send('POST', `${path}/lookup`, { key })).body.id).toBe(license.id)
  }
  const lower = await app.validate({ key: 'to a3f2b891c4d7eo52' })
  expect(lower.body.valid).toBe(true)
  expect((await app.validate({ key: 'abcd1234-5678-old-key' })).status).toBe(404)
})

test('license keys: an import that is taken, too short or for many licenses is rejected', async () => {
  await using app = await openTestApp()
  const key = 'TO-A3F2-B891-C4D7-E052'
  await app.createLicense({ key })
  const create = (fields: object) => app.send('POST', path, { ...order, ...fields })
  expectProblem(await create({ key: 'to-a3f2-b891-c4d7-e052' }), 409, 'already_exists')
  for (const unusable of ['x'.repeat(15), 'x'.repeat(256), `${'x'.repeat(20)}\u0007`]) {
    expectProblem(await create({ key: unusable }), 422, 'validation_failed', ['/key'])
  }
  const many = await create({ key: 'one-key-for-two-licenses', quantity: 2 })
  expectProblem(many, 422, 'validation_failed', ['/quantity'])
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('license keys: the full key is in the creating response, then only with licenses:reveal', async () => {
  await using app = await openTestApp()
  const scopes = ['licenses:read', 'licenses:write'] as const
  const clerk = { authorization: `Bearer ${await app.tokenWith(...scopes)}` }
  const chief = { authorization: `Bearer ${await app.tokenWith(...scopes, 'licenses:reveal')}` }
  const created = await app.send('POST', path, order, clerk)
  const { id, key } = created.body
  const masked = `TO-****-****-****-${key.slice(-4)}`
  expect(key).not.toContain('*')

  const cases = [
    ['GET', `${path}/${id}`],
    ['PUT', `${path}/${id}`, { customer_name: 'Ann' }],
    ['POST', `${path}/lookup`, { key }],
    ['POST', `${path}/${id}/suspend`],
    ['POST', `${path}/${id}/reinstate`],
  ] as const
  for (const [method, at, body] of cases) {
    expect((await app.send(method, at, body, clerk)).body.key).toBe(masked)
    expect((await app.send(method, at, body, chief)).body.key).toBe(key)
  }
  const lists = [
    ['GET', path],
    ['POST', `${path}/bulk`, { action: 'suspend', ids: [id] }],
  ] as const
  for (const [method, at, body] of lists) {
    expect((await app.send(method, at, body, clerk)).body.data[0].key).toBe(masked)
    expect((await app.send(method, at, body, chief)).body.data[0].key).toBe(key)
  }
  const events = await app.send('GET', `${path}/${id}/events`)
  expect(events.text).not.toContain(key)
})

test('license keys: lookup finds a license by any spelling of its key, and reports a typing mistake', async () => {
  await using app = await openTestApp()
  const license = await app.createLicense()
  const lookUp = (key: string) => app.send('POST', `${path}/lookup`, { key })
  for (const key of [license.key, license.key.toLowerCase().replaceAll('-', ' ')]) {
    expect((await lookUp(key)).body).toEqual(license)
  }
  for (const key of ['a-key-of-no-license', 'short']) {
    expectProblem(await lookUp(key), 404, 'not_found')
  }
  const mistyped = await lookUp('TO-0000-0000-0000-0000')
  expectProblem(mistyped, 404, 'license_key_malformed')
  expect((await app.validate({ key: 'TO-0000-0000-0000-0000' })).body.message).toBe(
    mistyped.body.detail,
  )
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('license keys: a rotated key works until its overlap ends, to the millisecond', async () => {
  await using app = await openTestApp()
  const former = await app.createLicense()
  await app.validate({ key: former.key })
  const rotation = { overlap_hours: 24 }
  const { status, headers, body } = await app.send(
    'POST',
    `${path}/${former.id}/rotate-key`,
    rotation,
  )
  expect(status).toBe(200)
  expect(headers.get('etag')).toBe('"2"')
  const { key } = body
  expect(key).not.toBe(former.key)
  expect(key).not.toContain('*')

  const validities = async () => [
    (await app.validate({ key })).body.valid,
    (await app.validate({ key: former.key })).body.valid,
  ]
  expect(await validities()).toEqual([true, true])
  app.clock.advanceMs(24 * HOUR_MS - 1)
  expect(await validities()).toEqual([true, true])
  app.clock.advanceMs(1)
  expect(await validities()).toEqual([true, false])
  expect((await app.validate({ key: former.key })).body.error).toBe('LICENSE_NOT_FOUND')
  const eventTypes = ['license.created', 'license.activated', 'license.key_rotated']
  expect(await app.database.readEventTypes()).toEqual(eventTypes)
})

test('license keys: rotation shows the full new key only with licenses:reveal, also in a replay', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const rotate = async (...scopes: Scope[]) => {
    const authorization = `Bearer ${await app.tokenWith('licenses:write', ...scopes)}`
    const headers = { authorization, 'idempotency-key': 'rotate-once' }
    const [first, replay] = [
      await app.send('POST', `${path}/${id}/rotate-key`, undefined, headers),
      await app.send('POST', `${path}/${id}/rotate-key`, undefined, headers),
    ]
    expect(replay.headers.get('idempotency-replayed')).toBe('true')
    expect(replay.body).toEqual(first.body)
    return first.body.key
  }
  expect(await rotate()).toMatch(/^TO(?:-\*{4}){3}-\w{4}$/)
  const shown = await rotate('licenses:reveal')
  expect((await app.validate({ key: shown })).body.valid).toBe(true)
})

test('license keys: a rotation without overlap, or a second one, ends the old key at once', async () => {
  await using app = await openTestApp()
  const { id, key: first } = await app.createLicense()
  const rotate = async (body?: object) =>
    (await app.send('POST', `${path}/${id}/rotate-key`, body)).body.key
  const second = await rotate({ overlap_hours: 720 })
  const third = await rotate()
  const validity = await Promise.all(
    [first, second, third].map(async (key) => (await app.validate({ key })).body.valid),
  )
  expect(validity).toEqual([false, false, true])
  for (const overlap_hours of [-1, 721, 1.5, null]) {
    const refused = await app.send('POST', `${path}/${id}/rotate-key`, { overlap_hours })
    expectProblem(refused, 422, 'validation_failed', ['/overlap_hours'])
  }
})

test('license keys: a rotated key in its overlap cannot be imported by another license', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  await app.send('POST', `${path}/${id}/rotate-key`, { overlap_hours: 1 })
  const taken = await app.send('POST', path, { ...order, key })
  expectProblem(taken, 409, 'already_exists')
})

test('license keys: revealing one returns it in full, and adds an entry to the audit but no event', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  const as = async (...scopes: Scope[]) => ({
    authorization: `Bearer ${await app.tokenWith(...scopes)}`,
  })
  const revealed = await app.send(
    'POST',
    `${path}/${id}/reveal`,
    undefined,
    await as('licenses:reveal'),
  )
  expect([revealed.status, revealed.body]).toEqual([200, { key }])
  const others = await as('licenses:read', 'licenses:write')
  expectProblem(
    await app.send('POST', `${path}/${id}/reveal`, undefined, others),
    403,
    'missing_scope',
  )
  expectProblem(await app.send('POST', `${path}/lic_none/reveal`), 404, 'not_found')
  const { data } = (await app.send('GET', '/api/v1/audit?action=license.reveal')).body
  expect(data).toMatchObject([
    {
      actor: { kind: 'key' },
      request_id: revealed.headers.get('x-request-id'),
      subject_id: id,
      before: null,
      after: null,
    },
  ])
  expect(data).toHaveLength(1)
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})
