import { expect, test } from 'bun:test'
import { type Api, createApiFetch, createApis, stripeApi } from '~/checkout/providers/api.ts'
import { Fault } from '~/domain/faults.ts'

const key = 'restricted-key-of-tests'

function serve(respond: (request: Request) => Response | Promise<Response>) {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
  const api: Api = { ...stripeApi, baseUrl: `http://127.0.0.1:${server.port}` }
  return { api, [Symbol.asyncDispose]: () => server.stop(true) }
}

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error) => error,
  )

test('api: a request has the key and the path, and returns JSON', async () => {
  await using server = serve((request) => {
    const { pathname, search } = new URL(request.url)
    return Response.json({ authorization: request.headers.get('authorization'), pathname, search })
  })
  expect(await createApiFetch(server.api, key)('/v1/invoices/in_1/lines?limit=100')).toEqual({
    authorization: `Bearer ${key}`,
    pathname: '/v1/invoices/in_1/lines',
    search: '?limit=100',
  })
})

test.each([401, 403])(
  'api: the status %i is final, and says which variable to check',
  async (status) => {
    await using server = serve(() => new Response(`Invalid key ${key}`, { status }))
    const failure = await failureOf(createApiFetch(server.api, key)('/v1'))
    expect(failure).toBeInstanceOf(Fault)
    expect(failure.message).toContain('LICET_STRIPE_API_KEY')
    expect(failure.message).not.toContain(key)
  },
)

test.each([400, 404])('api: the status %i is final', async (status) => {
  await using server = serve(() => new Response(null, { status }))
  expect(await failureOf(createApiFetch(server.api, key)('/v1'))).toBeInstanceOf(Fault)
})

test.each([429, 408, 500, 503])('api: the status %i passes', async (status) => {
  await using server = serve(() => new Response(`Invalid key ${key}`, { status }))
  const failure = await failureOf(createApiFetch(server.api, key)('/v1'))
  expect(failure).not.toBeInstanceOf(Fault)
  expect(failure.message).toContain(String(status))
  expect(failure.message).not.toContain(key)
})

test('api: a redirect is not followed, so the key reaches no other server', async () => {
  let requests = 0
  await using server = serve(() => {
    requests += 1
    return Response.redirect('/elsewhere', 302)
  })
  const failure = await failureOf(createApiFetch(server.api, key)('/v1'))
  expect(failure.message).toContain('302')
  expect(requests).toBe(1)
})

test('api: a server that does not respond is given up, and the error contains neither key nor path', async () => {
  await using server = serve(() => new Promise(() => undefined))
  const silent = createApiFetch(server.api, key, { timeoutMs: 20 })
  const absent = createApiFetch({ ...stripeApi, baseUrl: 'http://127.0.0.1:1' }, key)
  for (const fetchFromApi of [silent, absent]) {
    const failure = await failureOf(fetchFromApi('/v1/checkout/sessions/cs_secret'))
    expect(failure).not.toBeInstanceOf(Fault)
    expect(failure.message).toStartWith('The API of Stripe did not respond: ')
    expect(Bun.inspect(failure)).not.toContain(key)
    expect(Bun.inspect(failure)).not.toContain('cs_secret')
  }
})

test('api: only providers with a key have an API', () => {
  expect(Object.keys(createApis({ stripe: null, paddle: null }))).toEqual([])
  expect(Object.keys(createApis({ stripe: key, paddle: key }))).toEqual(['stripe', 'paddle'])
})

test('api: after a request without a response, the next ones fail at once', async () => {
  let requests = 0
  await using server = serve(() => {
    requests += 1
    return new Promise(() => undefined)
  })
  const fetchFromApi = createApiFetch(server.api, key, { timeoutMs: 20 })
  await failureOf(fetchFromApi('/v1'))
  const failure = await failureOf(fetchFromApi('/v1'))
  expect(failure).not.toBeInstanceOf(Fault)
  expect(failure.message).toContain('a moment ago')
  expect(requests).toBe(1)
})

test('api: a response that is too long is given up', async () => {
  await using server = serve(() => new Response('x'.repeat(5 * 1024 * 1024)))
  const failure = await failureOf(createApiFetch(server.api, key)('/v1'))
  expect(failure.message).toContain('too long')
})

test('api: a response that is not JSON is not repeated in the error', async () => {
  await using server = serve(() => new Response('Invalid: ada@example.com'))
  const failure = await failureOf(createApiFetch(server.api, key)('/v1'))
  expect(failure.message).toBe('The response of Stripe is not JSON.')
})

test('api: keys are sent over https only', () => {
  const api: Api = { ...stripeApi, baseUrl: 'http://api.stripe.com' }
  expect(() => createApiFetch(api, key)).toThrow('https')
})
