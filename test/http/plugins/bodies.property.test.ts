import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp, type TestApp } from '../../support/app.ts'

const SEED = 20_260_306
const RUNS_PER_ROUTE = 15

type Route = TestApp['app']['routes'][number]

const awkward = ['%00', '%ff', '%zz', '%E2%82', '..%2f', '__proto__', 'a'.repeat(5000), "'--", '💥']

/** Arbitrary JSON, and nearly valid bodies: known names with arbitrary values. */
function bodyFor(names: readonly string[]): fc.Arbitrary<unknown> {
  const value = fc.oneof(
    fc.constantFrom('default', 'starter', 'a@b.de', '2027-01-01T00:00:00Z', -1, 0, 1, 1e21, null),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.jsonValue({ maxDepth: 3 }),
    fc.constant({ toString: 1, valueOf: null, toJSON: 'x' }),
  )
  const nearly = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 })
  return fc.oneof({ weight: 1, arbitrary: fc.jsonValue() }, { weight: 4, arbitrary: nearly })
}

function queryFor(names: readonly string[]): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom(...awkward, '1', '100', '2027-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'day'),
    fc.string().map(encodeURIComponent),
  )
  const pair = fc.tuple(fc.constantFrom(...names), value).map((entry) => entry.join('='))
  return fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.join('&'))
}

/** Returns the property names of a schema. */
function namesOf(schema: unknown): string[] {
  const { properties = {} } = (schema ?? {}) as { properties?: object }
  return ['nope', 'constructor', ...Object.keys(properties)]
}

/** Runs a property for each route: no request may return 500. */
async function expectNoFailure(
  app: TestApp,
  routes: readonly Route[],
  requestFor: (route: Route) => fc.Arbitrary<{ path: string; body?: unknown }>,
): Promise<void> {
  for (const route of routes) {
    const property = fc.asyncProperty(requestFor(route), async ({ path, body }) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const { status } = await app.send(route.method, path, text)
      expect({ path, isFailure: status >= 500 }).toEqual({ path, isFailure: false })
    })
    await fc.assert(property, { numRuns: RUNS_PER_ROUTE, seed: SEED })
  }
  expect(app.logLines.filter((line) => line.includes('internal error'))).toEqual([])
}

const routesOf = ({ app }: TestApp) => app.routes.filter(({ path }) => path.startsWith('/api/v1'))

test('property: no JSON body makes any route fail with 500', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ domains: ['example.com'] })
  const routes = routesOf(app).filter(({ hooks }) => hooks.body !== undefined)
  expect(routes.length).toBeGreaterThan(15)
  await expectNoFailure(app, routes, ({ path, hooks }) => {
    const at = path.replace('/licenses/:id', `/licenses/${id}`).replace(':slug', 'starter')
    return bodyFor(namesOf(hooks.body)).map((body) => ({ path: at, body }))
  })
})

test('property: no query string makes any route fail with 500', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ domains: ['example.com'] })
  const routes = routesOf(app).filter(({ method }) => method === 'GET')
  expect(routes.length).toBeGreaterThan(10)
  await expectNoFailure(app, routes, ({ path, hooks }) => {
    const at = path.replace('/licenses/:id', `/licenses/${id}`).replace(':slug', 'starter')
    return queryFor(namesOf(hooks.query)).map((query) => ({ path: `${at}?${query}` }))
  })
})

test('property: no path parameter makes any route fail with 500', async () => {
  await using app = await openTestApp()
  const routes = routesOf(app).filter(({ path }) => path.includes(':'))
  expect(routes.length).toBeGreaterThan(20)
  await expectNoFailure(app, routes, ({ path }) => {
    const word = fc.constantFrom(...awkward)
    return fc.record({ path: word.map((text) => path.replaceAll(/:\w+/g, text)) })
  })
})
