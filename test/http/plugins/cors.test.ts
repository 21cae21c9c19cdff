import { expect, test } from 'bun:test'
import { clientPaths, openTestApp } from '../../support/app.ts'

const page = { authorization: undefined, origin: 'https://shop.example' }
const preflight = {
  ...page,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
}

test('CORS: any origin may call client routes, without credentials', async () => {
  await using app = await openTestApp()
  for (const path of clientPaths) {
    const { status, headers, text } = await app.send('OPTIONS', path, undefined, preflight)
    expect([path, status, text]).toEqual([path, 204, ''])
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    expect(headers.get('access-control-allow-headers')).toContain('content-type')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  }
})

test('CORS: every response of a client route is readable, including errors', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const bodies: [body: unknown, status: number][] = [
    [{ key }, 200],
    [{ key: 'an-unknown-imported-key' }, 404],
    ['{broken', 400],
    [{}, 422],
    ['x'.repeat(70_000), 413],
  ]
  for (const [body, status] of bodies) {
    const response = await app.send('POST', '/api/v1/validate', body, page)
    expect(response.status).toBe(status)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  }
})

test('CORS: pages can read the headers that set a clock, delay a retry and name a request', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const responses = await Promise.all([
    app.send('POST', '/api/v1/validate', { key }, page),
    app.send('POST', '/api/v1/validate', '{broken', page),
    app.send('GET', '/api/v1/revocations', undefined, page),
  ])
  for (const { headers } of responses) {
    const exposed = headers.get('access-control-expose-headers')?.split(', ')
    expect(exposed).toEqual([
      'date',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'x-request-id',
    ])
  }
})

test('CORS: management routes allow no origin', async () => {
  await using app = await openTestApp()
  const paths = ['/api/v1/licenses', '/api/v1/keys', '/api/v1/seats', '/metrics', '/livez', '/']
  for (const path of paths) {
    for (const method of ['OPTIONS', 'GET']) {
      const { headers } = await app.send(method, path, undefined, { origin: page.origin })
      const names = [...headers.keys()].filter((name) => name.startsWith('access-control'))
      expect({ path, names }).toEqual({ path, names: [] })
    }
  }
  const { status } = await app.send('OPTIONS', '/api/v1/licenses', undefined, preflight)
  expect(status).toBe(401)
})
