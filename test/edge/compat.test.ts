import { afterAll, beforeAll, expect, test } from 'bun:test'
import { expectProblem } from '../support/problems.ts'
import { type EdgeSystem, openEdgeSystem } from './system.ts'

let system: EdgeSystem
beforeAll(async () => {
  system = await openEdgeSystem({
    env: {
      LICET_COMPAT: 'trafficorchestrator,lemonsqueezy,edd,keygen',
      LICET_TRUSTED_PROXIES: '127.0.0.1',
    },
    config: { compat: ['trafficorchestrator', 'lemonsqueezy', 'edd', 'keygen'], ipStorage: 'full' },
  })
}, 120_000)
afterAll(() => system[Symbol.asyncDispose]())

const form = (fields: Record<string, string>) => `${new URLSearchParams(fields)}`
const asForm = { 'content-type': 'application/x-www-form-urlencoded' }

test('edge compat: an activation in the format of another product is that of the primary', async () => {
  const { key } = await system.primary.createLicense()
  const { status, headers, body } = await system.send(
    'POST',
    '/v1/licenses/activate',
    form({ license_key: key, instance_name: 'Laptop' }),
    asForm,
  )
  expect({ status, activated: body.activated }).toEqual({ status: 200, activated: true })
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('content-type')).toContain('application/json')
})

test('edge compat: a query with a license key is forwarded, from the address of its client', async () => {
  const { id, key } = await system.primary.createLicense()
  const query = form({ edd_action: 'activate_license', license: key, url: 'https://example.com' })
  const { body } = await system.send('GET', `/?${query}`, undefined, {
    'x-forwarded-for': '192.0.2.77',
  })
  expect(body).toMatchObject({ success: true, license: 'valid' })
  const usage = await system.primary.send('GET', `/api/v1/licenses/${id}/usage`)
  for (const { address } of usage.body.data) expect(address).toBe('192.0.2.77')
})

test('edge compat: a validation with a token is forwarded, and one with a key stays here', async () => {
  const { key } = await system.primary.createLicense()
  const { forwarded } = { ...system.edge.figures }
  const { body } = await system.validate({ token: key, domain: 'example.com' })
  expect(body).toMatchObject({ valid: true, plan: 'professional', domains: ['example.com'] })
  expect(system.edge.figures.forwarded).toBe(forwarded + 1)
  await system.warm({ key, domain: 'example.com' })
})

test('edge compat: the Authorization header of an app reaches the primary, and its 401 the app', async () => {
  const { id, key } = await system.primary.createLicense()
  const json = { 'content-type': 'application/vnd.api+json' }
  const call = (method: string, path: string, license: string, body?: object) =>
    system.send(method, `/v1/accounts/demo${path}`, body, {
      ...json,
      authorization: `License ${license}`,
    })
  const relationships = { license: { data: { type: 'licenses', id } } }
  const data = { type: 'machines', attributes: { fingerprint: 'a-device' }, relationships }
  const created = await call('POST', '/machines', key, { data })
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toContain(created.body.data.id)
  const refused = await call('GET', '/me', 'an-unknown-license-key')
  expect(refused.status).toBe(401)
  expect(refused.body.errors[0].code).toBe('LICENSE_INVALID')
  const removed = await call('DELETE', `/machines/${created.body.data.id}`, key)
  expect([removed.status, removed.text]).toEqual([204, ''])
})

test('edge compat: guesses in the format of another product are counted for their client', async () => {
  const from = { ...asForm, 'x-forwarded-for': '192.0.2.88' }
  const guess = async (index: number) => {
    const body = form({ license_key: `a-guessed-key-number-${index}` })
    const { status } = await system.send('POST', '/v1/licenses/validate', body, from)
    return status
  }
  const statuses: number[] = []
  for (let index = 0; index < 32; index += 1) statuses.push(await guess(index))
  expect(statuses.at(0)).toBe(404)
  expect(statuses.at(-1)).toBe(429)
})

test('edge compat: a 404 about an instance is no guess, so a valid key is never limited', async () => {
  const { key } = await system.primary.createLicense()
  const from = { ...asForm, 'x-forwarded-for': '192.0.2.99' }
  for (let index = 0; index < 32; index += 1) {
    const body = form({ license_key: key, instance_id: `a-former-instance-${index}` })
    const { status } = await system.send('POST', '/v1/licenses/validate', body, from)
    expect(status).toBe(404)
  }
})

test.each([
  ['GET', '/api/v1/portal/usage'],
  ['GET', '/v2/licenses/verify'],
  ['GET', '/'],
])('edge compat: %s %s is no call of an app that is listed, and gets 421', async (method, path) => {
  const response = await system.send(method, path, undefined, { authorization: 'Bearer x' })
  expectProblem(response, 421, 'misdirected_request')
})

test('edge compat: the primary runs no route of a vendor for an edge, even with an API key', async () => {
  const { send } = system.primary
  const edge = { authorization: `Bearer ${system.token}` }
  const vendor = { 'licet-client-authorization': 'Bearer the-admin-token-of-all-tests' }
  for (const path of ['/api/v1/portal/licenses', '/api/v1/api-keys', '/api/v1/licenses']) {
    const forwarded = `/api/v1/edge/forward${path}`
    const { status } = await send('GET', forwarded, undefined, { ...edge, ...vendor })
    expect([path, status]).toEqual([path, 404])
  }
})

test('edge compat: an unknown path of a source, and an outage, are refused in its format', async () => {
  const unknown = await system.send('POST', '/v1/licenses/a/path/of/none')
  expect(unknown.status).toBe(404)
  expect(unknown.headers.get('content-type')).not.toContain('problem')
  const preflight = await system.send('OPTIONS', '/v1/licenses/activate')
  expect(preflight.status).toBe(204)
  system.network.change({ isRefusing: true })
  system.network.cut()
  try {
    const { status, headers, body } = await system.validate({ token: 'LK-0000-0000-0000' })
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'PRIMARY_UNREACHABLE' })
    expect(headers.get('retry-after')).toBe('1')
  } finally {
    system.network.change({})
  }
})
