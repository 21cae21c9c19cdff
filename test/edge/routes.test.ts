import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { clientRoutes } from '~/edge/client-routes.ts'
import { type Route, readRules } from '~/http/plugins/route-options.ts'
import { expectProblem } from '../support/problems.ts'
import { type EdgeSystem, openEdgeSystem } from './system.ts'

let system: EdgeSystem
beforeAll(async () => {
  system = await openEdgeSystem({ env: { LICET_TRUSTED_PROXIES: '127.0.0.1' } })
}, 120_000)
afterAll(() => system[Symbol.asyncDispose]())

/** Makes a request come from a client of its own. */
const from = (address: string) => ({ 'x-forwarded-for': address })

test('edge routes: it forwards exactly the routes that need no more than a license key', () => {
  const open = ['license key', 'session ID', 'public']
  const routes: readonly Route[] = system.primary.app.routes
  const found = routes
    .map((route) => ({ ...route, ...readRules(route) }))
    .filter(({ credential }) => open.includes(credential))
    .map(({ method, path, credential }) => `${method} ${path} ${credential}`)
  const listed = clientRoutes.map(
    ({ method, path, credential }) => `${method} ${path} ${credential}`,
  )
  expect(listed.toSorted()).toEqual(found.toSorted())
})

describe('forwarded', () => {
  test('edge routes: activations and seats are those of the primary', async () => {
    const { key, id } = await system.primary.createLicense({ max_seats: 1 })
    const body = { key, fingerprint: 'a-device', name: 'Laptop' }
    const activated = await system.send('POST', '/api/v1/activate', body)
    expect(activated).toMatchObject({ status: 200, body: { kind: 'device', value: 'a-device' } })
    const seat = await system.send('POST', '/api/v1/seats/acquire', body)
    expect(seat.status).toBe(200)
    const second = { ...body, fingerprint: 'another' }
    expect((await system.send('POST', '/api/v1/seats/acquire', second)).body.code).toBe(
      'SEAT_LIMIT_REACHED',
    )
    expect((await system.send('POST', '/api/v1/deactivate', body)).status).toBe(200)
    expect(await system.primary.eventTypesOf(id)).toContain('activation.deleted')
  })

  test('edge routes: the feed of revocations keeps its cache headers, and 304 its empty body', async () => {
    const first = await system.send('GET', '/api/v1/revocations')
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    const again = await system.send('GET', '/api/v1/revocations', undefined, {
      'if-none-match': etag,
    })
    expect([again.status, again.text]).toEqual([304, ''])
    const file = await system.send('GET', '/api/v1/revocations?format=file')
    expect(file.headers.get('content-disposition')).toContain('licet-revocations.txt')
  })

  test('edge routes: the ID of a request is the same in both logs', async () => {
    const id = 'request-of-an-app'
    const { headers } = await system.validate(
      { key: 'x' },
      { 'x-request-id': id, ...from('192.0.2.7') },
    )
    expect(headers.get('x-request-id')).toBe(id)
  })

  test('edge routes: the address and the limit are those of the client, not those of the edge', async () => {
    for (let count = 0; count < 30; count += 1) {
      const { status } = await system.validate(
        { key: `unknown-key-number-${count}` },
        from('192.0.2.1'),
      )
      expect(status).toBe(404)
    }
    const limited = await system.validate({ key: 'another-unknown-key' }, from('192.0.2.1'))
    expectProblem(limited, 429, 'rate_limited')
    const other = await system.validate({ key: 'another-unknown-key' }, from('192.0.2.2'))
    expect(other.status).toBe(404)
  })

  test('edge routes: a flood of unknown keys does not reach the primary', async () => {
    const { forwarded } = { ...system.edge.figures }
    const address = from('192.0.2.3')
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const { status } = await system.validate(
          { key: `flooding-key-number-${index % 150}` },
          address,
        )
        return status
      }),
    )
    expect(statuses.filter((status) => status === 200)).toEqual([])
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        system.validate({ key: `more-flooding-key-number-${index}` }, address),
      ),
    )
    expect(system.edge.figures.forwarded - forwarded).toBeLessThan(400)
  })

  test('edge routes: a valid key of an address that has guessed is answered', async () => {
    const { key } = await system.primary.createLicense()
    const address = from('192.0.2.4')
    for (let count = 0; count < 40; count += 1) {
      await system.validate({ key: `guessed-key-number-${count}` }, address)
    }
    expect((await system.validate({ key, domain: 'example.com' }, address)).body.valid).toBe(true)
  })

  test('edge routes: a license that is created with a key that was unknown is found at once', async () => {
    const key = 'an-imported-key-of-a-test'
    expect((await system.validate({ key }, from('192.0.2.5'))).status).toBe(404)
    await system.change('POST', '/api/v1/licenses', {
      plan: 'professional',
      customer_email: 'dev@example.com',
      key,
    })
    expect((await system.validate({ key }, from('192.0.2.5'))).body.valid).toBe(true)
  })
})

describe('others', () => {
  test.each([
    ['GET', '/api/v1/licenses'],
    ['POST', '/api/v1/edges'],
    ['GET', '/admin'],
    ['GET', '/portal'],
    ['GET', '/swagger'],
    ['POST', '/api/v1/edge/facts'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/'],
  ])('edge routes: %s %s gets 421, which names the primary', async (method, path) => {
    const response = await system.send(method, path)
    expectProblem(response, 421, 'misdirected_request')
    expect(response.body.detail).toContain(`Send this request to ${system.network.url}.`)
  })

  test('edge routes: a wrong method gets 405, and a preflight is answered without the primary', async () => {
    const wrong = await system.send('DELETE', '/api/v1/validate')
    expectProblem(wrong, 405, 'method_not_allowed')
    expect(wrong.headers.get('allow')).toBe('OPTIONS, POST')
    const { forwarded } = { ...system.edge.figures }
    const preflight = await system.send('OPTIONS', '/api/v1/activate')
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(system.edge.figures.forwarded).toBe(forwarded)
  })

  test('edge routes: the health checks say that it is alive and ready', async () => {
    expect((await system.send('GET', '/livez')).body).toEqual({ status: 'ok' })
    expect((await system.send('GET', '/readyz')).body).toEqual({ status: 'ok' })
  })

  test('edge routes: metrics need the token of the edge', async () => {
    expectProblem(await system.send('GET', '/metrics'), 401, 'unauthorized')
    const authorization = `Bearer ${system.token}`
    const { text } = await system.send('GET', '/metrics', undefined, { authorization })
    for (const line of [
      /^licet_edge_requests_total\{from="memory"\} \d+$/m,
      /^licet_edge_requests_total\{from="stale"\} 0$/m,
      /^licet_edge_requests_total\{from="primary"\} [1-9]\d*$/m,
      /^licet_edge_lease_seconds_left [34]\.\d+$/m,
      /^licet_edge_facts \d+$/m,
      /^licet_edge_usage_waiting \d+$/m,
    ]) {
      expect(text).toMatch(line)
    }
  })
})
