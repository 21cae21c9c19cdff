import { expect, test } from 'bun:test'
import { openPaths, openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

/** Returns every route that needs a token, with parameters filled in, and some unknown paths. */
function guardedRoutes({ app }: TestApp): { method: string; path: string }[] {
  const known = app.routes
    .filter(({ path }) => path.startsWith('/api/v1') && !openPaths.includes(path))
    .map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+/g, 'x1') }))
  const unknown = ['/api/v1', '/api/v1/', '/api/v1/nope', '/api/v1/validate//', '/api/v1/seats']
  return [
    ...known,
    ...unknown.flatMap((path) => ['GET', 'POST'].map((method) => ({ method, path }))),
    { method: 'GET', path: '/metrics' },
    { method: 'GET', path: '/metrics/' },
  ]
}

test('auth: without a token, every management route gets 401 and no body is read', async () => {
  await using app = await openTestApp()
  const bodies = ['{broken', '{"nope": 1}', 'x'.repeat(10_000_000)]
  const routes = guardedRoutes(app)
  expect(routes.length).toBeGreaterThan(40)
  for (const { method, path } of routes) {
    for (const body of method === 'GET' ? [undefined] : bodies) {
      const headers = { 'content-type': 'application/json' }
      const request = new Request(`http://localhost${path}`, {
        method,
        headers,
        body: body ?? null,
      })
      const response = await app.app.handle(request)
      const seen = { method, path, status: response.status, isRead: request.bodyUsed }
      expect(seen).toEqual({ method, path, status: 401, isRead: false })
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await response.json()).toMatchObject({ code: 'unauthorized' })
    }
  }
  expect(await app.database.readEventTypes()).toEqual([])
})

test('auth: anything but a valid bearer token gets 401', async () => {
  await using app = await openTestApp()
  const token = await app.tokenWith('*')
  const read = (authorization: string | undefined, query = '') =>
    app.send('GET', `/api/v1/licenses${query}`, undefined, { authorization })
  const refused = [
    undefined,
    '',
    token,
    'Bearer',
    'Bearer ',
    `Basic ${btoa(`:${token}`)}`,
    `Bearer ${token}x`,
    `Bearer ${token.toUpperCase()}`,
    `Bearer ${token},${token}`,
    `Bearer ${'x'.repeat(10_000)}`,
  ]
  for (const authorization of refused) {
    expectProblem(await read(authorization), 401, 'unauthorized')
  }
  expectProblem(await read(undefined, `?access_token=${token}`), 401, 'unauthorized')
  for (const authorization of [`Bearer ${token}`, `bearer  ${token} `, `BEARER ${token}`]) {
    expect((await read(authorization)).status).toBe(200)
  }
})

test('auth: a missing scope gets 403 that names it, before the body is validated', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const authorization = `Bearer ${await app.tokenWith('customers:erase')}`
  const cases = [
    ['GET', '/api/v1/licenses?nope=1', 'licenses:read'],
    ['HEAD', '/api/v1/licenses', 'licenses:read'],
    ['POST', '/api/v1/licenses', 'licenses:write'],
    ['POST', '/api/v1/licenses/batch', 'licenses:write'],
    ['POST', '/api/v1/licenses/lookup', 'licenses:read'],
    ['POST', '/api/v1/licenses/bulk', 'licenses:write'],
    ['POST', '/api/v1/search', 'licenses:read'],
    ['GET', `/api/v1/licenses/${id}`, 'licenses:read'],
    ['PUT', `/api/v1/licenses/${id}`, 'licenses:write'],
    ['DELETE', `/api/v1/licenses/${id}`, 'licenses:write'],
    ['POST', `/api/v1/licenses/${id}/suspend`, 'licenses:write'],
    ['POST', `/api/v1/licenses/${id}/reinstate`, 'licenses:write'],
    ['POST', `/api/v1/licenses/${id}/revoke`, 'licenses:write'],
    ['POST', `/api/v1/licenses/${id}/renew`, 'licenses:write'],
    ['POST', `/api/v1/licenses/${id}/rotate-key`, 'licenses:write'],
    ['GET', `/api/v1/licenses/${id}/explain?nope=1`, 'licenses:read'],
    ['GET', `/api/v1/licenses/${id}/events`, 'events:read'],
    ['GET', '/api/v1/events?nope=1', 'events:read'],
    ['GET', '/api/v1/products', 'plans:read'],
    ['POST', '/api/v1/products', 'plans:write'],
    ['PUT', '/api/v1/products/default', 'plans:write'],
    ['GET', '/api/v1/plans/starter', 'plans:read'],
    ['POST', '/api/v1/plans', 'plans:write'],
    ['PUT', '/api/v1/plans/starter', 'plans:write'],
    ['DELETE', '/api/v1/plans/enterprise', 'plans:write'],
    ['GET', '/api/v1/keys', 'keys:read'],
    ['POST', '/api/v1/keys', 'keys:write'],
    ['DELETE', '/api/v1/keys/x1', 'keys:write'],
    ['GET', '/metrics', 'metrics:read'],
  ] as const
  for (const [method, path, scope] of cases) {
    const body = method === 'POST' || method === 'PUT' ? { nope: 1 } : undefined
    const refused = await app.send(method, path, body, { authorization })
    expect({ path, status: refused.status }).toEqual({ path, status: 403 })
    if (method === 'HEAD') continue
    expectProblem(refused, 403, 'missing_scope')
    expect(refused.body.detail).toContain(scope)
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('auth: each scope allows its own routes and no others', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const doors = {
    'licenses:read': ['GET', `/api/v1/licenses/${id}`],
    'licenses:write': ['POST', `/api/v1/licenses/${id}/reinstate`],
    'plans:read': ['GET', '/api/v1/plans/starter'],
    'plans:write': ['PUT', '/api/v1/plans/starter', {}],
    'events:read': ['GET', '/api/v1/events'],
    'keys:read': ['GET', '/api/v1/keys'],
    'metrics:read': ['GET', '/metrics'],
  } as const
  for (const held of Object.keys(doors) as (keyof typeof doors)[]) {
    const authorization = `Bearer ${await app.tokenWith(held)}`
    for (const [scope, [method, path, body]] of Object.entries(doors)) {
      const { status } = await app.send(method, path, body, { authorization })
      expect({ held, scope, status }).toEqual({ held, scope, status: held === scope ? 200 : 403 })
    }
  }
})

test('auth: client routes need no token and ignore an invalid one', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  for (const authorization of [undefined, 'Bearer unknown', 'Basic x']) {
    const { body } = await app.send('POST', '/api/v1/validate', { key }, { authorization })
    expect(body.valid).toBe(true)
  }
  const slashed = await app.send('POST', '/api/v1/validate/', { key }, { authorization: undefined })
  expect(slashed.body.valid).toBe(true)
})
