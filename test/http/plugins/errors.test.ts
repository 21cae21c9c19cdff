import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { createPresentFailure, errors } from '~/http/plugins/errors.ts'
import { createRouteIndex } from '~/http/plugins/route-index.ts'
import { buildApp } from '~/server/app.ts'
import { openTestApp, readResponse } from '../../support/app.ts'
import { openTestDeps } from '../../support/deps.ts'
import { expectProblem } from '../../support/problems.ts'

test('errors: an unknown path gets 404, even if it resembles a route', async () => {
  await using app = await openTestApp()
  const paths = [
    '/',
    '/nope',
    '/api',
    '/api/v1/nope',
    '/api/v2/licenses',
    '/API/V1/licenses',
    '//api/v1/licenses',
    '/api//v1/licenses',
    '/%61pi/v1/licenses',
    '/api%2fv1%2flicenses',
    '/api/v1/licenses%00',
    '/api/v1/licenses/..%2f..%2fkeys',
    '/api/v1/licenses/%zz',
    `/${'x'.repeat(10_000)}`,
    '/__proto__',
    '/constructor',
  ]
  for (const path of paths) expectProblem(await app.send('GET', path), 404, 'not_found')
})

test('errors: a failure of our own while a body is read gets 500 and is logged', async () => {
  await using opened = await openTestDeps()
  const app = new Elysia()
    .use(
      errors(
        createPresentFailure(opened.deps),
        createRouteIndex(() => []),
      ),
    )
    .onParse(() => {
      throw new Error('a bug')
    })
    .post('/', ({ body }) => body)
  const request = new Request('http://localhost/', { method: 'POST', body: '{}' })
  const { status, body } = await readResponse(await app.handle(request))
  expect([status, body.code]).toEqual([500, 'internal_error'])
  expect(opened.logLines.filter((line) => line.includes('a bug'))).toHaveLength(1)
})

test('errors: an unsupported method gets 405 with Allow', async () => {
  await using app = await openTestApp()
  const cases = [
    ['PATCH', '/api/v1/licenses', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/licenses', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/v1/licenses', 'GET, HEAD, POST'],
    ['TRACE', '/api/v1/licenses', 'GET, HEAD, POST'],
    ['POST', '/api/v1/licenses/x1', 'DELETE, GET, HEAD, PUT'],
    ['GET', '/api/v1/licenses/x1/suspend', 'POST'],
    ['GET', '/api/v1/validate', 'OPTIONS, POST'],
    ['PUT', '/api/v1/validate', 'OPTIONS, POST'],
    ['HEAD', '/api/v1/seats/acquire', 'OPTIONS, POST'],
    ['HEAD', '/api/v1/keys/x1', 'DELETE'],
    ['POST', '/livez', 'GET, HEAD'],
    ['OPTIONS', '/', 'GET, HEAD'],
    // Not those of /licenses/:id.
    ['OPTIONS', '/api/v1/licenses/bulk', 'POST'],
    ['PATCH', '/api/v1/licenses/export/', 'GET, HEAD'],
    // Not those of /licenses/:id/activations/:activation_id.
    ['OPTIONS', '/api/v1/licenses/x1/activations/move', 'POST'],
  ] as const
  for (const [method, path, allow] of cases) {
    const refused = await app.send(method, path)
    expect({ method, path, status: refused.status }).toEqual({ method, path, status: 405 })
    expect(refused.headers.get('allow')).toBe(allow)
    if (method !== 'HEAD') expectProblem(refused, 405, 'method_not_allowed')
  }
})

test('errors: every method in Allow works, and HEAD returns what GET does, without a body', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const paths = [
    '/api/v1/licenses',
    `/api/v1/licenses/${id}`,
    '/api/v1/validate',
    '/livez',
    '/metrics',
  ]
  for (const path of paths) {
    const allow = (await app.send('TRACE', path)).headers.get('allow')?.split(', ') ?? []
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      if (method === 'DELETE' && allow.includes('DELETE')) continue
      const { status } = await app.send(method, path)
      expect([method, path, status !== 405]).toEqual([method, path, allow.includes(method)])
    }
    if (!allow.includes('GET')) continue
    const [got, head] = [await app.send('GET', path), await app.send('HEAD', path)]
    expect([head.status, head.text]).toEqual([got.status, ''])
    expect(head.headers.get('etag')).toBe(got.headers.get('etag'))
    expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'))
  }
  const { status, headers } = await app.send('HEAD', '/api/v1/licenses', undefined, {
    authorization: undefined,
  })
  expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test('errors: an internal error gets 500 without details; the log has it under the request id', async () => {
  await using app = await openTestApp()
  const broken = buildApp({
    ...app.deps,
    randomBytes: () => {
      throw new Error('no entropy in /srv/secret/table')
    },
  })
  const token = await app.tokenWith('*')
  const handled = await broken.handle(
    new Request('http://localhost/api/v1/licenses', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-request-id': 'r-500',
      },
      body: JSON.stringify({ plan: 'starter', customer_email: 'dev@example.com' }),
    }),
  )
  const response = await readResponse(handled)
  expectProblem(response, 500, 'internal_error')
  expect(response.text).not.toMatch(/entropy|srv|stack|at /)
  const logged = app.logLines.find((line) => line.includes('no entropy'))
  expect(JSON.parse(logged ?? '{}')).toMatchObject({ request_id: 'r-500' })
  expect(await app.database.readEventTypes()).toEqual([])
})

test('errors: at most 20 invalid fields are reported at once', async () => {
  await using app = await openTestApp()
  const body = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, 1]))
  const { status, body: problem } = await app.send('POST', '/api/v1/licenses', body)
  expect(status).toBe(422)
  expect(problem.errors).toHaveLength(20)
  expect(problem.errors.slice(0, 2)).toEqual([
    { pointer: '/plan', detail: 'This field is required.' },
    { pointer: '/customer_email', detail: 'This field is required.' },
  ])
})

test('errors: the detail of an invalid field says what is valid', async () => {
  await using app = await openTestApp()
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  const limit = 'An integer of 0 or more, or null for no limit.'
  const said: [field: object, detail: string][] = [
    [{ nope: 1 }, 'There is no such field. Remove it.'],
    [{ max_domains: -1 }, `Must be at least 0. ${limit}`],
    [{ max_domains: 'many' }, `Must be an integer. ${limit}`],
    [{ customer_email: 'dev' }, 'An email address such as dev@example.com. Case does not matter.'],
    [{ expires_at: 'tomorrow' }, 'An RFC 3339 time such as 2027-03-06T00:00:00Z.'],
    [
      { expires_at: '2026-02-30T00:00:00Z' },
      'This time does not exist. Use a time such as 2027-03-06T00:00:00Z.',
    ],
    [{ metadata: { a: [] } }, 'Must be one of string, number, boolean, null.'],
  ]
  for (const [field, detail] of said) {
    const { body } = await app.send('POST', '/api/v1/licenses', { ...order, ...field })
    expect({ field, detail: body.errors[0].detail }).toEqual({ field, detail })
    expect(body.detail).toContain(detail)
  }
  const { body } = await app.send('GET', '/api/v1/licenses?status=odd')
  const words = 'Must be one of active, suspended, expired, revoked.'
  expect(body.errors).toEqual([{ pointer: '?status', detail: words }])
})

test('errors: a response that does not match its schema is logged without its contents', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({
    plan: 'starter',
    customer_email: 'secret@x.example',
  })
  await app.database.run(`UPDATE licenses SET overrides = '{"maxSeats":4294967296}'`)
  const response = await app.send('GET', `/api/v1/licenses/${id}`)
  expectProblem(response, 500, 'internal_error')
  const log = app.logLines.join('')
  expect(log).toContain('/max_seats')
  for (const secret of [key, 'secret@x.example']) expect(log).not.toContain(secret)
})
