import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type CompatSource, compatSources } from '~/domain/compat/sources.ts'
import type { CompatApi, CompatRoute } from '~/http/compat/api.ts'
import { createFindCompat } from '~/http/compat/match.ts'
import { openListener } from '~/server/listener.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: compatSources })
})
afterAll(() => app.close())

describe('matching', () => {
  const route = (path: string, more: Partial<CompatRoute> = {}): CompatRoute => ({
    method: 'POST',
    path,
    caller: 'app',
    respond: async () => ({ status: 200, body: path }),
    ...more,
  })
  const api = (
    source: CompatSource,
    routes: readonly CompatRoute[],
    owns: readonly string[] = [],
  ): CompatApi => ({
    source,
    owns,
    routes,
    presentFailure: ({ status }) => ({ status, body: null }),
  })
  const hasMark = async (request: Request) => request.headers.has('mark')
  const keygen = api(
    'keygen',
    [
      route('/v1/accounts/:account/machines/:id', { method: 'DELETE' }),
      route('/v1/accounts/:account/me', { method: 'GET' }),
      route('/v1/licenses/activate', { isMeant: hasMark }),
    ],
    ['/v1/accounts/*'],
  )
  const shop = api('lemonsqueezy', [
    route('/v1/licenses/activate'),
    route('/portal/*', { caller: 'vendor' }),
  ])
  const find = createFindCompat([keygen, shop], ['keygen', 'lemonsqueezy'])
  const matchOf = (method: string, path: string, headers: Record<string, string> = {}) =>
    find(new Request(`http://licet.test${path}`, { method, headers }))

  test.each([
    ['DELETE', '/v1/accounts/a%20b/machines/m.1?key=x', { account: 'a b', id: 'm.1' }],
    ['DELETE', '/v1/accounts/a/machines/m/', { account: 'a', id: 'm' }],
    ['HEAD', '/v1/accounts/a/me', { account: 'a' }],
    ['GET', '/v1/accounts/a/me', { account: 'a' }],
  ])('compat: %s %s matches, with its parameters decoded', async (method, path, params) => {
    const match = await matchOf(method, path)
    expect(match).toMatchObject({ params, isOpen: true })
    expect(match?.route).not.toBeNull()
  })

  test.each([
    ['POST', '/v1/accounts/a/machines/m', ['DELETE']],
    ['GET', '/v1/accounts/a/nothing', []],
    ['DELETE', '/v1/accounts/%zz/machines/m', []],
    ['DELETE', '/v1/accounts/a/machines/%00', []],
    ['OPTIONS', '/v1/licenses/activate', ['POST']],
  ])('compat: %s %s is of a source, but of none of its routes', async (method, path, methods) => {
    expect(await matchOf(method, path)).toMatchObject({ route: null, methods })
  })

  test.each([
    ['GET', '/'],
    ['POST', '/v1/licenses/activate/more'],
    ['POST', '/api/v1/validate'],
    ['GET', '/v1/accountsx/a/me'],
    ['GET', '/v1xaccounts/a/me'],
  ])('compat: %s %s is of no source', async (method, path) => {
    expect(await matchOf(method, path)).toBeNull()
  })

  test('compat: a path that two have goes to the one for which the request is meant', async () => {
    const marked = await matchOf('POST', '/v1/licenses/activate', { mark: '1' })
    const other = await matchOf('POST', '/v1/licenses/activate')
    expect([marked?.api.source, other?.api.source]).toEqual(['keygen', 'lemonsqueezy'])
  })

  test('compat: routes of vendors are not open to pages of other origins', async () => {
    expect(await matchOf('POST', '/portal/a/b')).toMatchObject({ isOpen: false })
    expect(await matchOf('OPTIONS', '/portal/a/b')).toMatchObject({ isOpen: false })
  })

  test('compat: a source that is not listed matches nothing', async () => {
    const findOne = createFindCompat([keygen, shop], ['keygen'])
    const request = new Request('http://licet.test/v1/licenses/activate', { method: 'POST' })
    expect(await findOne(request)).toBeNull()
  })
})

/** One request of each source that needs nothing else. */
const requests = [
  ['POST', '/v1/licenses/validate'],
  ['POST', '/v2/licenses/verify'],
  ['GET', '/?edd_action=check_license&license=x'],
  ['POST', '/v1/accounts/demo/licenses/actions/validate-key'],
  ['GET', '/api/v1/health'],
] as const

test.each(requests)(
  'compat: %s %s is answered only if its source is listed',
  async (method, path) => {
    await using off = await openTestApp()
    const open = { authorization: undefined }
    const before = await off.send(method, path, undefined, open)
    const isStartPage = path.startsWith('/?')
    if (!isStartPage) expect([401, 404]).toContain(before.status)
    expect(before.headers.get('access-control-allow-origin')).toBeNull()
    const { headers } = await app.send(method, path, undefined, open)
    expect(headers.get('access-control-allow-origin')).toBe('*')
  },
)

test('compat: no route of another product is in the OpenAPI document', async () => {
  const { body } = await app.send('GET', '/swagger/json')
  const paths = Object.keys(body.paths)
  expect(paths.filter((path) => /^\/v[12]\/|api-keys|health/.test(path))).toEqual([])
})

test('compat: pages of any origin may call the routes of apps, with a license key in a header', async () => {
  const { status, headers } = await app.send('OPTIONS', '/v1/licenses/activate')
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-methods')).toContain('POST')
  expect(headers.get('access-control-allow-headers')).toContain('authorization')
})

test('compat: a wrong method gets 405 with the methods of the path', async () => {
  const { status, headers } = await app.send('DELETE', '/v2/licenses/verify')
  expect([status, headers.get('allow')]).toEqual([405, 'POST'])
})

test('compat: responses have the ID of the request and the security headers', async () => {
  const { headers } = await app.send('POST', '/v1/licenses/validate', undefined, {
    'x-request-id': 'a-given-id',
  })
  expect(headers.get('x-request-id')).toBe('a-given-id')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-store')
})

test('compat: a method that a path does not have gets 405 with those that it has', async () => {
  const { status, headers } = await app.send('PUT', '/v2/licenses/verify')
  expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST' })
})

test('compat: a path with malformed percent-encoding gets 404, whatever its method', async () => {
  const { status } = await app.send('DELETE', '/v1/accounts/demo/machines/%zz')
  expect(status).toBe(404)
})

test('compat: a host that is not allowed is refused like any other', async () => {
  await using strict = await openTestApp({ compat: compatSources, allowedHosts: ['licet.test'] })
  const { app: routes } = strict
  const request = new Request('http://other.test/v1/licenses/validate', { method: 'POST' })
  expect((await routes.handle(request)).status).toBe(421)
})

test('compat: the metrics and the log name the source and the pattern, never a key', async () => {
  const key = 'A-SECRET-KEY-OF-A-CUSTOMER'
  await app.send('GET', `/?edd_action=check_license&item_id=1&license=${key}`)
  await app.send('DELETE', `/v1/accounts/demo/machines/${key}`)
  const { text } = await app.send('GET', '/metrics')
  expect(text).toContain('route="edd /"')
  expect(text).not.toContain(key)
  expect(app.logLines.join('')).not.toContain(key)
})

test('compat: over a real connection, a client of the same path as ours is answered from its address', async () => {
  await using real = await openTestApp({ compat: ['trafficorchestrator'], ipStorage: 'full' })
  const { key, id } = await real.createLicense()
  const open = { host: '127.0.0.1', port: 0 }
  const listener = openListener(real.app, open, { areClosing: false }, null)
  try {
    const post = async (body: object) => {
      const response = await fetch(`http://127.0.0.1:${listener.port}/api/v1/validate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return (await response.json()) as Record<string, unknown>
    }
    expect(await post({ token: key })).toMatchObject({ valid: true, plan: 'professional' })
    expect(await post({ key })).toMatchObject({ valid: true, license: { id } })
    const { body } = await real.send('GET', `/api/v1/licenses/${id}/usage`)
    expect(body.data[0].address).toBe('127.0.0.1')
  } finally {
    await listener.abort()
  }
})

test('compat: a body that is too large is refused in the format of its source', async () => {
  const body = JSON.stringify({ token: 'x'.repeat(70_000) })
  const own = await app.send('POST', '/api/v1/validate', body)
  expectProblem(own, 413, 'payload_too_large')
  const { status, body: refusal } = await app.send('POST', '/v1/licenses/validate', body)
  expect({ status, error: refusal?.error }).toEqual({
    status: 413,
    error: expect.stringContaining('64 KiB'),
  })
})
