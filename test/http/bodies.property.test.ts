import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openTestApp } from '../support/app.ts'

const RUNS_PER_ROUTE = 15

/** Anything, and bodies that are nearly right: known names with any value. */
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

/** The names that the schema of a body knows. */
function namesOf(schema: unknown): string[] {
  const { properties } = schema as { properties?: object }
  return ['nope', 'constructor', ...Object.keys(properties ?? {})]
}

test('no JSON that anybody sends to any POST or PUT makes it fail', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense({ domains: ['example.com'] })
  const routes = app.app.routes.filter(
    ({ path, hooks }) => path.startsWith('/api/v1') && hooks.body !== undefined,
  )
  expect(routes.length).toBeGreaterThan(15)
  for (const { method, path, hooks } of routes) {
    const at = path.replace('/licenses/:id', `/licenses/${id}`).replace(':slug', 'starter')
    const property = fc.asyncProperty(bodyFor(namesOf(hooks.body)), async (body) => {
      const { status, text } = await app.send(method, at, JSON.stringify(body))
      expect({ at, status, isFailure: status >= 500, text }).toMatchObject({ isFailure: false })
    })
    await fc.assert(property, { numRuns: RUNS_PER_ROUTE, seed: 20_260_306 })
  }
  expect(app.logLines.filter((line) => line.includes('internal error'))).toEqual([])
})
