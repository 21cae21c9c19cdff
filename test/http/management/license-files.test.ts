import { expect, test } from 'bun:test'
import { type OfflineApp, openOfflineApp, readFile, returnCodeOf } from '../../support/offline.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'

const DAY_MS = 86_400_000
const unlimited = { max_domains: null, max_devices: null }

/** Expects that nothing was activated or issued, and that no event was appended. */
async function expectUnchanged(app: OfflineApp, events: readonly string[] = ['license.created']) {
  expect([await app.activations(), await app.files()]).toEqual([[], []])
  expect(await app.eventTypesOf(app.id)).toEqual([...events])
}

test('license files: one is bound to the device and the domains, which it activates', async () => {
  await using app = await openOfflineApp({ domain_match: 'subdomains' })
  const { status, body } = await app.file({
    fingerprint: 'machine',
    name: 'Kiosk 4',
    domains: ['https://shop.example.com/cart', 'localhost', 'www.example.com'],
  })
  expect(status).toBe(201)
  const activations = await app.activations()
  expect(activations).toMatchObject([
    { kind: 'device', value: 'machine', name: 'Kiosk 4' },
    { kind: 'domain', value: 'localhost', free: true, name: null },
    { kind: 'domain', value: 'example.com', free: false, name: null },
  ])
  const { file, ...facts } = body
  const ids = activations.map(({ id }: { id: string }) => id)
  expect(facts).toEqual({
    id: readFile(app, file).jti,
    expires_at: '2027-03-06T00:00:00Z',
    fingerprint_bound: true,
    domains: ['example.com', '*.example.com', 'localhost'],
    activations: expect.arrayContaining(ids),
  })
  expect(readFile(app, file)).toMatchObject({
    dom: facts.domains,
    act: facts.activations,
    non: null,
  })
  expect(await app.eventTypesOf(app.id)).toEqual([
    'license.created',
    'activation.created',
    'activation.created',
    'activation.created',
  ])
  expect(await app.license()).toMatchObject({ devices: 1, domains_count: 1, version: 1 })
})

test('license files: one for a domain that is matched exactly names only that domain', async () => {
  await using app = await openOfflineApp()
  const { body } = await app.file({ domains: ['shop.example.com', 'SHOP.example.com.'] })
  expect(body).toMatchObject({ fingerprint_bound: false, domains: ['shop.example.com'] })
  expect(readFile(app, body.file)).toMatchObject({ fp: null, dom: ['shop.example.com'] })
  expect(await app.license()).toMatchObject({ domains_count: 1 })
})

test.each([
  [{ max_devices: 2, max_domains: null }, {}, ['/fingerprint']],
  [{ max_devices: null, max_domains: 2 }, {}, ['/domains']],
  [{}, {}, ['/fingerprint', '/domains']],
  [{ ...unlimited, require_fingerprint: true }, { domains: ['a.io'] }, ['/fingerprint']],
  [{ ...unlimited, require_domain: true }, { fingerprint: 'machine' }, ['/domains']],
  [
    { ...unlimited, require_domain: true, require_fingerprint: true },
    {},
    ['/fingerprint', '/domains'],
  ],
] as const)(
  'license files: for the terms %j, the body %j lacks %j',
  async (terms, body, pointers) => {
    await using app = await openOfflineApp(terms)
    const refused = await app.file(body)
    expectProblem(refused, 422, 'validation_failed', pointers)
    await expectUnchanged(app)
  },
)

test('license files: a license without limits can have one that works anywhere', async () => {
  await using app = await openOfflineApp(unlimited)
  const { status, body } = await app.manage('POST', '/file')
  expect(status).toBe(201)
  expect(body).toMatchObject({ fingerprint_bound: false, domains: [], activations: [] })
  expect(readFile(app, body.file)).toMatchObject({ fp: null, dom: null, act: [], ret: null })
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created'])
})

test.each([
  [365, null, 30, '2026-04-05T00:00:00Z'],
  [365, null, 365, '2027-03-06T00:00:00Z'],
  [null, null, 3650, '2036-03-03T00:00:00Z'],
  [365, 10, 30, '2026-03-16T00:00:00Z'],
  [null, 10, undefined, '2026-03-16T00:00:00Z'],
] as const)(
  'license files: with file_days %j and a duration of %j, %j days end at %s',
  async (fileDays, duration, days, end) => {
    await using app = await openOfflineApp({
      offline: { file_days: fileDays },
      duration_days: duration,
    })
    const { body } = await app.file({ fingerprint: 'machine', days })
    expect(body.expires_at).toBe(end)
    expect(readFile(app, body.file).exp).toBe(Date.parse(end) / 1000)
  },
)

test('license files: days beyond the limits get 422 that names the field', async () => {
  await using app = await openOfflineApp({ offline: { file_days: 90 } })
  for (const days of [0, -1, 1.5, 91, 3651, '30']) {
    const refused = await app.file({ fingerprint: 'machine', days })
    expectProblem(refused, 422, 'validation_failed', ['/days'])
  }
  await expectUnchanged(app)
})

test('license files: beyond a limit, nothing is activated and no file is issued, and the vendor is notified once', async () => {
  await using app = await openOfflineApp()
  for (const _attempt of [1, 2]) {
    const refused = await app.file({ fingerprint: 'machine', domains: ['a.io', 'b.io', 'c.io'] })
    expectRefusal(refused, 'DOMAIN_LIMIT_REACHED', { limit: 2, used: 2 })
    await expectUnchanged(app, ['license.created', 'license.limit_reached'])
  }
})

test('license files: a field that is invalid gets 422 that names it', async () => {
  await using app = await openOfflineApp()
  for (const [body, pointer] of [
    [{ domains: ['a.io', 'github.io'] }, '/domains/1'],
    [{ domains: Array(21).fill('a.io') }, '/domains'],
    [{ fingerprint: ' ' }, '/fingerprint'],
    [{ fingerprint: 'machine', name: '' }, '/name'],
    [{ fingerprint: 'machine', device: 'x' }, '/device'],
    [{ fingerprint: 'machine', mail: 'yes' }, '/mail'],
  ] as const) {
    expectProblem(await app.file(body), 422, 'validation_failed', [pointer])
  }
  await expectUnchanged(app)
})

test('license files: a license that is suspended, expired or revoked gets none', async () => {
  await using app = await openOfflineApp()
  const refuse = async (code: string) => {
    const refused = await app.file({ fingerprint: 'machine' })
    expect([refused.status, refused.body.code]).toEqual([409, code])
  }
  await app.manage('POST', '/suspend')
  await refuse('LICENSE_SUSPENDED')
  await app.manage('POST', '/reinstate')
  await app.manage('PUT', '', { expires_at: '2026-03-06T00:00:00Z' })
  await refuse('LICENSE_EXPIRED')
  await app.manage('POST', '/revoke')
  await refuse('LICENSE_REVOKED')
  expect([await app.activations(), await app.files()]).toEqual([[], []])
})

test('license files: a plan without offline use allows none', async () => {
  await using app = await openOfflineApp({ offline: null })
  expectRefusal(await app.file({ fingerprint: 'machine' }), 'OFFLINE_NOT_ALLOWED')
  await expectUnchanged(app)
})

test('license files: features that apps could not read back get 409', async () => {
  const features = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`feature-${index}`, 'ü'.repeat(500)]),
  )
  await using app = await openOfflineApp({ features })
  const refused = await app.file({ fingerprint: 'machine' })
  expectProblem(refused, 409, 'invalid_transition')
  expect(refused.body.detail).toContain('16 KiB')
  await expectUnchanged(app)
})

test('license files: the largest that is issued has at most 16 KiB', async () => {
  const features = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`feature-${index}`, 'x'.repeat(1000)]),
  )
  await using app = await openOfflineApp({ features })
  const { status, body } = await app.file({ fingerprint: 'machine', domains: ['a.io'] })
  expect(status).toBe(201)
  expect(body.file.length).toBeLessThanOrEqual(16_384)
})

test('license files: a repeated Idempotency-Key returns the same file, also after a day', async () => {
  await using app = await openOfflineApp({ max_devices: 1 })
  const path = `/api/v1/licenses/${app.id}/file`
  const send = (body: object) => app.send('POST', path, body, { 'idempotency-key': 'order-1' })
  const first = await send({ fingerprint: 'machine' })
  expect(first.status).toBe(201)
  app.clock.advanceMs(DAY_MS - 1)
  const second = await send({ fingerprint: 'machine' })
  expect([second.status, second.body]).toEqual([201, first.body])
  expect(second.headers.get('idempotency-replayed')).toBe('true')
  expectProblem(await send({ fingerprint: 'other' }), 422, 'idempotency_mismatch')
  expect(await app.files()).toHaveLength(1)
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created', 'activation.created'])
})

test('license files: a refusal is not stored under its Idempotency-Key', async () => {
  await using app = await openOfflineApp({ offline: null })
  const path = `/api/v1/licenses/${app.id}/file`
  const send = () =>
    app.send('POST', path, { fingerprint: 'machine' }, { 'idempotency-key': 'order-1' })
  expectRefusal(await send(), 'OFFLINE_NOT_ALLOWED')
  await app.send('PUT', '/api/v1/plans/sold', { offline: {} })
  expect((await send()).status).toBe(201)
})

test('license files: they are listed newest first, in pages, without their text', async () => {
  await using app = await openOfflineApp()
  const issued: { id: string }[] = []
  for (const fingerprint of ['one', 'two', 'one']) {
    issued.push((await app.file({ fingerprint })).body)
    app.clock.advanceMs(DAY_MS)
  }
  const first = await app.manage('GET', '/files?limit=2')
  const next = await app.manage('GET', `/files?limit=2&cursor=${first.body.next_cursor}`)
  const listed = [...first.body.data, ...next.body.data]
  expect(listed.map(({ id }) => id)).toEqual(issued.map(({ id }) => id).reverse())
  expect(next.body.next_cursor).toBeNull()
  const { file: _text, ...facts } = issued[2] as { file?: string; id: string }
  expect(listed[0]).toEqual({ ...facts, issued_at: '2026-03-08T00:00:00Z', returned_at: null })
})

test('license files: creating one needs licenses:write, and listing them licenses:read', async () => {
  await using app = await openOfflineApp()
  const as = (token: string) => ({ authorization: `Bearer ${token}` })
  const path = `/api/v1/licenses/${app.id}`
  const reader = as(await app.tokenWith('licenses:read'))
  const writer = as(await app.tokenWith('licenses:write'))
  const body = { fingerprint: 'machine' }
  expect((await app.send('POST', `${path}/file`, body, reader)).body.code).toBe('missing_scope')
  expect((await app.send('POST', `${path}/file`, body, writer)).status).toBe(201)
  expect((await app.send('GET', `${path}/files`, undefined, writer)).body.code).toBe(
    'missing_scope',
  )
  expect((await app.send('GET', `${path}/files`, undefined, reader)).body.data).toHaveLength(1)
})

test('license files: an unknown license gets 404', async () => {
  await using app = await openOfflineApp()
  const body = { fingerprint: 'machine' }
  expectProblem(await app.send('POST', '/api/v1/licenses/lic_x/file', body), 404, 'not_found')
  expectProblem(await app.send('GET', '/api/v1/licenses/lic_x/files'), 404, 'not_found')
})

test('license files: the database contains neither the text of a file nor its secret', async () => {
  await using app = await openOfflineApp()
  const { body } = await app.send(
    'POST',
    `/api/v1/licenses/${app.id}/file`,
    { fingerprint: 'machine' },
    { 'idempotency-key': 'order-1' },
  )
  await app.deps.store.flush()
  const copy = await app.database.readEverything()
  expect(copy).toContain(body.id)
  const [, firstLine] = body.file.split('\n')
  const { ret } = readFile(app, body.file)
  for (const secret of [firstLine, ret, returnCodeOf(app, body.file)]) {
    expect(copy).not.toContain(secret)
  }
})
