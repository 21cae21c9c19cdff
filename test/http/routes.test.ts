import { afterAll, beforeAll, expect, test } from 'bun:test'
import { scopes } from '~/domain/api-keys.ts'
import { openTestApp, type TestApp } from '../support/app.ts'

/** The routes that need no token: health checks, documentation, checkout, and what apps call. */
const publicRoutes = [
  'GET /',
  'GET /.well-known/licet/jwks.json',
  'GET /admin',
  'GET /admin/*',
  'GET /admin/assets/*',
  'GET /livez',
  'GET /offline',
  'GET /portal',
  'GET /portal/*',
  'GET /portal/assets/*',
  'GET /portal/assets/logo',
  'GET /readyz',
  'GET /swagger',
  'GET /swagger/:file',
  'GET /swagger/json',
  'POST /api/v1/activate',
  'GET /api/v1/checkout/sessions/:provider/:session_id',
  'POST /api/v1/checkout/:provider',
  'POST /api/v1/deactivate',
  'POST /api/v1/offline/activate',
  'POST /api/v1/offline/deactivate',
  'GET /api/v1/revocations',
  'POST /api/v1/seats/acquire',
  'POST /api/v1/seats/release',
  'POST /api/v1/seats/renew',
  'POST /api/v1/portal/codes',
  'DELETE /api/v1/portal/session',
  'GET /api/v1/portal/session',
  'POST /api/v1/portal/session',
  'GET /api/v1/portal/settings',
  'DELETE /api/v1/session',
  'GET /api/v1/session',
  'POST /api/v1/session',
  'POST /api/v1/validate',
]

let opened: TestApp
let scopeless: string
beforeAll(async () => {
  opened = await openTestApp()
  scopeless = await opened.tokenWith()
})
afterAll(() => opened.close())

interface Route {
  readonly method: string
  readonly path: string
}

const nameOf = ({ method, path }: Route) => `${method} ${path}`
const guarded = () => opened.app.routes.filter((route) => !publicRoutes.includes(nameOf(route)))
const isOfPortal = ({ path }: Route) => path.startsWith('/api/v1/portal/')
const isOfEdges = ({ path }: Route) => path.startsWith('/api/v1/edge/')
const request = ({ method, path }: Route, authorization: string | undefined) =>
  opened.send(method, path.replaceAll(/:\w+/g, 'x'), undefined, { authorization })

test('routes: every path in the public list exists', () => {
  expect(opened.app.routes.map(nameOf)).toEqual(expect.arrayContaining(publicRoutes))
})

test('routes: every route is registered once', () => {
  const names = opened.app.routes.map(nameOf)
  expect(names.toSorted()).toEqual([...new Set(names)].sort())
})

test('routes: every other route gets 401 without a token, with or without a final slash', async () => {
  for (const { method, path } of guarded()) {
    for (const requested of [path, `${path}/`]) {
      const { status, body } = await request({ method, path: requested }, undefined)
      expect({ method, requested, status, code: body.code }).toEqual({
        method,
        requested,
        status: 401,
        code: 'unauthorized',
      })
    }
  }
})

test.each([
  ['the portal', isOfPortal, 8],
  ['edges', isOfEdges, 3],
] as const)('routes: no route of %s accepts an API key', async (_name, isOf, least) => {
  const routes = guarded().filter(isOf)
  expect(routes.length).toBeGreaterThan(least)
  const token = await opened.tokenWith('*')
  for (const route of routes) {
    const { status, body } = await request(route, `Bearer ${token}`)
    expect({ route: nameOf(route), status, code: body.code }).toEqual({
      route: nameOf(route),
      status: 401,
      code: 'unauthorized',
    })
  }
})

test('routes: every other route of management has one scope and names it in the 403', async () => {
  const managed = guarded().filter((route) => !isOfPortal(route) && !isOfEdges(route))
  expect(managed.length).toBeGreaterThan(30)
  for (const route of managed) {
    const { status, body } = await request(route, `Bearer ${scopeless}`)
    const named = scopes.filter((scope) => body.detail?.includes(scope))
    expect({ route: nameOf(route), status, code: body.code, named: named.length }).toEqual({
      route: nameOf(route),
      status: 403,
      code: 'missing_scope',
      named: 1,
    })
  }
})

test('routes: public routes need no token', async () => {
  for (const route of opened.app.routes.filter((one) => publicRoutes.includes(nameOf(one)))) {
    const { status } = await request(route, undefined)
    expect([401, 403]).not.toContain(status)
  }
})

test('routes: without a token, unknown paths under the API get 401', async () => {
  const paths = [
    '',
    '/',
    '/none',
    '/licenses/x/none',
    '//licenses',
    '/%6cicenses',
    '/../../metrics',
  ]
  for (const path of paths) {
    const { status } = await opened.send('GET', `/api/v1${path}`, undefined, {
      authorization: undefined,
    })
    expect({ path, status }).toEqual({ path, status: 401 })
  }
})
