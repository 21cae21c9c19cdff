import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { startMs } from '../../support/samples.ts'
import { openToken, removeArmor } from '../../support/tokens.ts'

const DAY_MS = 86_400_000
const ISSUED_SECONDS = startMs / 1000
/** Tokens are void that are issued before a change is known everywhere. */
const VOID_SECONDS = ISSUED_SECONDS + 6

const read = (app: TestApp, query = '', headers = {}) =>
  app.send('GET', `/api/v1/revocations${query}`, undefined, {
    authorization: undefined,
    ...headers,
  })

async function readEntries(app: TestApp, query = '') {
  const { body } = await read(app, query)
  const [active] = app.deps.signer.listPublicKeys()
  return (await openToken(body.signed, active?.x ?? '')).claims.revoked
}

const act = (app: TestApp, id: string, action: string) =>
  app.send('POST', `/api/v1/licenses/${id}/${action}`)

test('revocations: the feed is signed, may be cached for a minute, and is read by any page', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await act(app, id, 'revoke')
  const { status, body, headers } = await read(app, '', { origin: 'https://shop.example' })
  expect(status).toBe(200)
  expect(body).toEqual({ from: 0, to: startMs, more: false, signed: expect.any(String) })
  expect(headers.get('cache-control')).toBe('public, max-age=60')
  expect(headers.get('access-control-allow-origin')).toBe('*')
  const [active] = app.deps.signer.listPublicKeys()
  const { header, claims } = await openToken(body.signed, active?.x ?? '')
  expect(header).toMatchObject({ typ: 'licet-revocations+jwt' })
  expect(claims).toMatchObject({
    from: 0,
    to: startMs,
    more: false,
    revoked: [[id, VOID_SECONDS]],
    keys: [],
    iat: ISSUED_SECONDS,
    exp: ISSUED_SECONDS + (7 * DAY_MS) / 1000,
  })
})

test('revocations: suspending adds an entry, and reinstating lifts it', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await act(app, id, 'suspend')
  expect(await readEntries(app)).toEqual([[id, VOID_SECONDS]])
  await act(app, id, 'reinstate')
  expect(await readEntries(app)).toEqual([[id, 0]])
  expect(await app.eventTypesOf(id)).toEqual([
    'license.created',
    'license.suspended',
    'license.reinstated',
  ])
})

test('revocations: a request that changes nothing adds no entry', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await act(app, id, 'suspend')
  const { body } = await read(app)
  app.clock.advanceMs(5000)
  await act(app, id, 'suspend')
  expect((await read(app)).body).toEqual(body)
})

test('revocations: a device and a domain that are deactivated are named, by the app or the vendor', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  await app.validate({ key, fingerprint: 'laptop' })
  await app.validate({ key, domain: 'example.com' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  const idOf = (kind: string) => body.data.find((one: { kind: string }) => one.kind === kind).id
  await app.callAsClient('deactivate', { key, fingerprint: 'laptop' })
  await app.send('DELETE', `/api/v1/licenses/${id}/activations/${idOf('domain')}`)
  expect(await readEntries(app)).toEqual([
    [idOf('device'), VOID_SECONDS],
    [idOf('domain'), VOID_SECONDS],
  ])
})

test('revocations: a bulk request names every license, and a later reader gets only what is new', async () => {
  await using app = await openTestApp()
  const ids: string[] = []
  for (let count = 0; count < 3; count += 1) ids.push((await app.createLicense()).id)
  const [last = ''] = ids.splice(-1)
  await app.send('POST', '/api/v1/licenses/bulk', { action: 'revoke', ids })
  const { body } = await read(app)
  expect(await readEntries(app)).toEqual(ids.map((id) => [id, VOID_SECONDS]))
  app.clock.advanceMs(DAY_MS)
  await act(app, last, 'revoke')
  const time = VOID_SECONDS + DAY_MS / 1000
  expect(await readEntries(app, `?after=${body.to}`)).toEqual([[last, time]])
  expect((await read(app, `?after=${body.to}`)).body).toMatchObject({
    from: body.to,
    to: startMs + DAY_MS,
  })
})

test('revocations: an unchanged feed is not sent again', async () => {
  await using app = await openTestApp()
  const first = await read(app)
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[\w-]+"$/)
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const { status, text, headers } = await read(app, '', { 'if-none-match': condition })
    expect([condition, status, text]).toEqual([condition, 304, ''])
    expect(headers.get('etag')).toBe(etag)
    expect(headers.get('cache-control')).toBe('public, max-age=60')
  }
  expect((await read(app, '?format=file', { 'if-none-match': etag })).status).toBe(200)
  const { id } = await app.createLicense()
  expect((await read(app, '', { 'if-none-match': etag })).status).toBe(304)
  await act(app, id, 'revoke')
  expect((await read(app, '', { 'if-none-match': etag })).status).toBe(200)
})

test('revocations: an unchanged feed is signed again each day, so that it never expires', async () => {
  await using app = await openTestApp()
  const etag = (await read(app)).headers.get('etag') ?? ''
  app.clock.advanceMs(DAY_MS - 1)
  expect((await read(app, '', { 'if-none-match': etag })).status).toBe(304)
  app.clock.advanceMs(1)
  expect((await read(app, '', { 'if-none-match': etag })).status).toBe(200)
})

test.each([
  ['?format=file', {}],
  ['', { accept: 'text/plain' }],
  ['', { accept: 'text/plain;charset=utf-8, */*;q=0.1' }],
])('revocations: %s with %p returns a text file with the same token', async (query, headers) => {
  await using app = await openTestApp()
  const { body } = await read(app)
  const file = await read(app, query, headers)
  expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(file.headers.get('content-disposition')).toBe(
    'attachment; filename="licet-revocations.txt"',
  )
  expect(removeArmor('REVOCATIONS', file.text)).toBe(body.signed)
})

test.each([
  ['', {}],
  ['', { accept: '*/*' }],
  ['', { accept: 'application/json, text/plain, */*' }],
  ['?format=json', { accept: 'text/plain' }],
])('revocations: %s with %p returns JSON', async (query, headers) => {
  await using app = await openTestApp()
  expect((await read(app, query, headers)).body).toMatchObject({ from: 0, more: false })
})

test.each([
  '?after=-1',
  '?after=',
  '?after=1.5',
  '?after=1e3',
  '?after=01',
  '?after=9007199254740993',
  '?format=xml',
  '?a=1',
])('revocations: %s gets 422, which is not cached', async (query) => {
  await using app = await openTestApp()
  const { status, headers, body } = await read(app, query)
  expect([status, body.code]).toEqual([422, 'validation_failed'])
  expect(headers.get('cache-control')).toBe('no-store')
})

test('revocations: after a clean-up, the feed ends where it did', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  await act(app, id, 'revoke')
  await app.deps.store.maintenance.cleanUp(startMs + 31 * DAY_MS, 100)
  app.clock.advanceMs(31 * DAY_MS)
  expect((await read(app)).body).toMatchObject({ from: 0, to: startMs, more: false })
  expect(await readEntries(app)).toEqual([])
})
