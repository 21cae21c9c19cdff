import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type KeygenApp, openKeygenApp } from '../../support/keygen.ts'

let keygen: KeygenApp
beforeAll(async () => {
  keygen = await openKeygenApp()
})
afterAll(() => keygen.app.close())

const createLicense = (fields: object = {}) => keygen.app.createLicense(fields)
const act = (id: string, action: string) =>
  keygen.app.send('POST', `/api/v1/licenses/${id}/${action}`, {})
const mac = { fingerprint: '4d:Eq:UV:D3' }
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** Returns the license and the machine that a new license has. */
async function createBoth(fields: object = {}) {
  const license = await createLicense(fields)
  const { body } = await keygen.createMachine(license, mac)
  return { license, machine: body.data }
}

test('Keygen: an activated device is presented as a machine, and is an activation of the license', async () => {
  const license = await createLicense()
  const details = { name: "Ada's Mac", hostname: 'adas-mac', platform: 'macOS', cores: 8 }
  const { status, headers, body } = await keygen.createMachine(license, { ...mac, ...details })
  expect(status).toBe(201)
  const { data } = body
  expect(data.id).toMatch(UUID)
  expect(headers.get('location')).toBe(`/v1/accounts/acme/machines/${data.id}`)
  expect(data).toMatchObject({
    type: 'machines',
    attributes: {
      ...mac,
      ...details,
      ip: null,
      requireHeartbeat: false,
      heartbeatStatus: 'NOT_STARTED',
      heartbeatDuration: 600,
      lastHeartbeat: null,
      nextHeartbeat: null,
      metadata: {},
      created: '2026-03-06T00:00:00.000Z',
    },
    relationships: {
      account: { data: { type: 'accounts', id: 'acme' } },
      product: { data: { type: 'products', id: 'default' } },
      license: { data: { type: 'licenses', id: license.id } },
    },
  })
  const activations = await keygen.app.send('GET', `/api/v1/licenses/${license.id}/activations`)
  expect(activations.body.data).toMatchObject([
    { kind: 'device', value: mac.fingerprint, name: details.name },
  ])
  expect(await keygen.app.eventTypesOf(license.id)).toEqual([
    'license.created',
    'activation.created',
  ])
})

test('Keygen: a device that is activated already gets 422 FINGERPRINT_TAKEN, and nothing changes', async () => {
  const { license } = await createBoth()
  const { status, body } = await keygen.createMachine(license, mac)
  expect(status).toBe(422)
  expect(body.errors).toEqual([
    {
      title: 'Unprocessable resource',
      detail: 'has already been taken',
      code: 'FINGERPRINT_TAKEN',
      source: { pointer: '/data/attributes/fingerprint' },
    },
  ])
  expect(await keygen.app.eventTypesOf(license.id)).toEqual([
    'license.created',
    'activation.created',
  ])
})

test('Keygen: a device beyond the limit gets 422 MACHINE_LIMIT_EXCEEDED', async () => {
  const { license } = await createBoth({ max_devices: 1 })
  const { status, body } = await keygen.createMachine(license, { fingerprint: 'mac-2' })
  expect(status).toBe(422)
  expect(body.errors).toEqual([
    {
      title: 'Unprocessable resource',
      detail: 'machine count has exceeded maximum allowed for license (1)',
      code: 'MACHINE_LIMIT_EXCEEDED',
      source: { pointer: '/data' },
    },
  ])
  expect(await keygen.app.eventTypesOf(license.id)).toEqual([
    'license.created',
    'activation.created',
    'license.limit_reached',
  ])
})

test('Keygen: of many devices that are activated at once, no more than the limit get a machine', async () => {
  const license = await createLicense({ max_devices: 2 })
  const names = Array.from({ length: 8 }, (_, index) => ({ fingerprint: `mac-${index}` }))
  const responses = await Promise.all(names.map((name) => keygen.createMachine(license, name)))
  expect(responses.filter(({ status }) => status === 201)).toHaveLength(2)
  expect(responses.filter(({ status }) => status === 422)).toHaveLength(6)
})

test('Keygen: an app may choose the ID of its machine, which no other machine of the license may have', async () => {
  const license = await createLicense()
  const id = '00000000-0000-4000-8000-00000000abcd'
  const create = (fingerprint: string) =>
    keygen.call('POST', '/machines', license.key, {
      data: {
        type: 'machines',
        id,
        attributes: { fingerprint },
        relationships: { license: { data: { type: 'licenses', id: license.id } } },
      },
    })
  expect((await create('mac-1')).body.data.id).toBe(id)
  const second = await create('mac-2')
  expect(second.status).toBe(422)
  expect(second.body.errors).toMatchObject([
    { code: 'ID_CONFLICT', source: { pointer: '/data/id' } },
  ])
})

test('Keygen: a machine of another license gets 422 LICENSE_NOT_FOUND', async () => {
  const [mine, other] = [await createLicense(), await createLicense()]
  const { status, body } = await keygen.createMachine({ id: other.id, key: mine.key }, mac)
  expect(status).toBe(422)
  expect(body.errors).toMatchObject([
    { code: 'LICENSE_NOT_FOUND', source: { pointer: '/data/relationships/license' } },
  ])
})

test('Keygen: a machine is found by its ID and by its fingerprint, but not by another license', async () => {
  const { license, machine } = await createBoth()
  const { key } = await createLicense()
  for (const name of [machine.id, encodeURIComponent(mac.fingerprint)]) {
    const found = await keygen.call('GET', `/machines/${name}`, license.key)
    expect(found.status).toBe(200)
    expect(found.body.data.id).toBe(machine.id)
    const foreign = await keygen.call('GET', `/machines/${name}`, key)
    expect(foreign.status).toBe(404)
    expect(foreign.body.errors).toMatchObject([{ title: 'Not found', code: 'NOT_FOUND' }])
  }
})

test('Keygen: a deactivated machine frees its slot, and is gone', async () => {
  const { license, machine } = await createBoth({ max_devices: 1 })
  const deleted = await keygen.call('DELETE', `/machines/${machine.id}`, license.key)
  expect({ status: deleted.status, text: deleted.text }).toEqual({ status: 204, text: '' })
  expect(await keygen.codeOf(license.key, mac)).toBe('NO_MACHINE')
  const again = await keygen.call('DELETE', `/machines/${machine.id}`, license.key)
  expect(again.status).toBe(404)
  expect(again.body.errors).toEqual([
    {
      title: 'Not found',
      detail: `The requested machine '${machine.id}' was not found`,
      code: 'NOT_FOUND',
    },
  ])
  expect((await keygen.createMachine(license, { fingerprint: 'mac-2' })).status).toBe(201)
  const byFingerprint = await keygen.call('DELETE', '/machines/mac-2', license.key)
  expect(byFingerprint.status).toBe(204)
})

test('Keygen: a domain of the license is no machine', async () => {
  const license = await createLicense({ domains: ['example.com'] })
  expect((await keygen.call('GET', '/machines/example.com', license.key)).status).toBe(404)
  expect((await keygen.call('DELETE', '/machines/example.com', license.key)).status).toBe(404)
  const list = await keygen.call('GET', `/licenses/${license.id}/machines`, license.key)
  expect(list.body).toEqual({ data: [] })
})

test('Keygen: customers cannot deactivate machines if their plan forbids it or limits it', async () => {
  const plan = { product: 'default', name: 'Plan', max_devices: 5 }
  const create = (terms: object) => keygen.app.send('POST', '/api/v1/plans', { ...plan, ...terms })
  await create({ slug: 'locked', self_deactivation: false })
  await create({ slug: 'limited', deactivations_max_per_30_days: 0 })
  const locked = await createBoth({ plan: 'locked' })
  const refused = await keygen.call('DELETE', `/machines/${locked.machine.id}`, locked.license.key)
  expect(refused.status).toBe(403)
  expect(refused.body.errors).toMatchObject([{ title: 'Access denied' }])
  const limited = await createBoth({ plan: 'limited' })
  const late = await keygen.call('DELETE', `/machines/${limited.machine.id}`, limited.license.key)
  expect(late.status).toBe(422)
  expect(late.body.errors).toMatchObject([{ code: 'DEACTIVATIONS_LIMIT_EXCEEDED' }])
})

test('Keygen: a heartbeat marks a machine as alive, and a reset as not started', async () => {
  const { license, machine } = await createBoth()
  const show = async () =>
    (await keygen.call('GET', `/machines/${machine.id}`, license.key)).body.data.attributes
  expect(await show()).toMatchObject({ heartbeatStatus: 'NOT_STARTED', lastHeartbeat: null })
  for (const action of ['ping', 'ping-heartbeat']) {
    const path = `/machines/${machine.id}/actions/${action}`
    const { status, body } = await keygen.call('POST', path, license.key)
    expect(status).toBe(200)
    expect(body.data.attributes).toMatchObject({
      requireHeartbeat: true,
      heartbeatStatus: 'ALIVE',
      heartbeatDuration: 600,
    })
    const { lastHeartbeat, nextHeartbeat } = body.data.attributes
    expect(Date.parse(nextHeartbeat) - Date.parse(lastHeartbeat)).toBe(600_000)
    expect(await show()).toMatchObject({ heartbeatStatus: 'ALIVE', requireHeartbeat: true })
  }
  for (const action of ['reset', 'reset-heartbeat']) {
    const path = `/machines/${machine.id}/actions/${action}`
    const { body } = await keygen.call('POST', path, license.key)
    expect(body.data.attributes).toMatchObject({
      heartbeatStatus: 'NOT_STARTED',
      lastHeartbeat: null,
    })
  }
  const unknown = await keygen.call('POST', '/machines/no-machine/actions/ping', license.key)
  expect(unknown.status).toBe(404)
})

test('Keygen: the machines of a license are listed in pages', async () => {
  const license = await createLicense({ max_devices: 12 })
  for (let count = 0; count < 12; count += 1) {
    await keygen.createMachine(license, { fingerprint: `mac-${count}` })
  }
  const list = async (query: string) =>
    (await keygen.call('GET', `/machines?${query}`, license.key)).body.data.length
  expect(await list('')).toBe(10)
  expect(await list('limit=100')).toBe(12)
  expect(await list('page[number]=2&page[size]=8')).toBe(4)
  expect(await list('page[number]=3&page[size]=8')).toBe(0)
  expect(await list('fingerprint=mac-7')).toBe(1)
  expect(await list('fingerprint=mac-99')).toBe(0)
  const own = await keygen.call('GET', `/licenses/${license.id}/machines?limit=100`, license.key)
  expect(own.body.data).toHaveLength(12)
})

test.each([
  ['suspended', 403, 'LICENSE_SUSPENDED', 'License is suspended'],
  ['revoked', 401, 'LICENSE_INVALID', 'You must be authenticated to complete the request'],
])(
  'Keygen: a license that is %s gets %d %s for its machines',
  async (state, status, code, detail) => {
    const { license, machine } = await createBoth()
    await act(license.id, state === 'suspended' ? 'suspend' : 'revoke')
    const responses = [
      await keygen.createMachine(license, { fingerprint: 'mac-2' }),
      await keygen.call('GET', `/machines/${machine.id}`, license.key),
      await keygen.call('DELETE', `/machines/${machine.id}`, license.key),
      await keygen.call('POST', `/machines/${machine.id}/actions/ping-heartbeat`, license.key),
    ]
    for (const response of responses) {
      expect(response.status).toBe(status)
      expect(response.body.errors).toMatchObject([{ code, detail }])
    }
  },
)

test('Keygen: an expired license can deactivate machines, but activate none', async () => {
  const { license, machine } = await createBoth()
  const ended = { expires_at: '2026-03-05T00:00:00Z' }
  await keygen.app.send('PUT', `/api/v1/licenses/${license.id}`, ended)
  const { status, body } = await keygen.createMachine(license, { fingerprint: 'mac-2' })
  expect(status).toBe(403)
  expect(body.errors).toMatchObject([{ code: 'LICENSE_EXPIRED', detail: 'License is expired' }])
  expect((await keygen.call('DELETE', `/machines/${machine.id}`, license.key)).status).toBe(204)
})
