import { afterAll, beforeAll, expect, test } from 'bun:test'
import { keygen as source } from '~/importing/sources/keygen.ts'
import { importText } from '../../support/imports.ts'
import { type KeygenApp, openKeygenApp } from '../../support/keygen.ts'

let keygen: KeygenApp
beforeAll(async () => {
  keygen = await openKeygenApp()
})
afterAll(() => keygen.app.close())

const id = (digit: string) => `00000000-0000-4000-8000-00000000000${digit}`
const [licenseId, machineId, signedId] = [id('1'), id('2'), id('3')]
const [productId, policyId, userId] = [id('b'), id('c'), id('d')]
const key = '6B0B38-F0F4-4FA4-BF58-4CE7D2-V3'
const signedKey = `key/${'QUJD'.repeat(80)}.${'c2ln'.repeat(22)}==`
const relationships = {
  account: { data: { type: 'accounts', id: id('a') } },
  product: { data: { type: 'products', id: productId } },
  policy: { data: { type: 'policies', id: policyId } },
  owner: { data: { type: 'users', id: userId } },
}
const attributes = {
  name: 'Office',
  key,
  expiry: '2031-01-01T00:00:00.000Z',
  suspended: false,
  scheme: null,
  maxMachines: 1,
  metadata: { seats: 3 },
  created: '2024-01-02T00:00:00.000Z',
}
const license = { id: licenseId, type: 'licenses', attributes, relationships }
const signed = {
  ...license,
  id: signedId,
  attributes: { ...attributes, key: signedKey, scheme: 'ED25519_SIGN' },
}
const machine = {
  id: machineId,
  type: 'machines',
  attributes: { fingerprint: 'mac-1', name: 'Mac', created: '2024-01-03T00:00:00.000Z' },
  relationships: { license: { data: { type: 'licenses', id: licenseId } } },
}
const user = {
  id: userId,
  type: 'users',
  attributes: { email: 'ada@example.com', fullName: 'Ada Lovelace' },
}

const importLines = (...objects: readonly object[]) =>
  importText(keygen.app, objects.map((object) => JSON.stringify(object)).join('\n'), {
    source,
    findPlan: () => 'professional',
  })

test('Keygen: pages of its API are imported as they are, and a second time changes nothing', async () => {
  const pages = [{ data: [license, signed] }, { data: [machine] }, { data: [user] }]
  const kindsOf = async () => (await importLines(...pages)).entries.map(({ kind }) => kind).sort()
  expect(await kindsOf()).toEqual(['changed', 'imported', 'imported', 'other'])
  expect(await kindsOf()).toEqual(['existing', 'existing', 'existing', 'other'])
})

test('Keygen: an installed app goes on after the import with its key, its IDs and its machine', async () => {
  const scope = { fingerprint: 'mac-1', product: productId, policy: policyId, machine: machineId }
  const { body } = await keygen.validateKey(key, scope)
  expect(body.meta).toMatchObject({ valid: true, code: 'VALID' })
  expect(body.data).toMatchObject({
    id: licenseId,
    attributes: { name: 'Office', maxMachines: 1, floating: false, metadata: { seats: 3 } },
    relationships: {
      account: { data: { id: id('a') } },
      product: { data: { id: productId } },
      policy: { data: { id: policyId } },
      owner: { data: { id: userId } },
    },
  })
  const ping = await keygen.call('POST', `/machines/${machineId}/actions/ping`, key)
  expect(ping.body.data).toMatchObject({ id: machineId, attributes: { fingerprint: 'mac-1' } })
  const full = await keygen.createMachine({ id: licenseId, key }, { fingerprint: 'mac-2' })
  expect(full.body.errors).toMatchObject([{ code: 'MACHINE_LIMIT_EXCEEDED' }])
  expect((await keygen.call('DELETE', `/machines/${machineId}`, key)).status).toBe(204)
  const moved = await keygen.createMachine({ id: licenseId, key }, { fingerprint: 'mac-2' })
  expect(moved.status).toBe(201)
})

test('Keygen: a signed key works although it is longer than keys of Licet, and is returned as it was sent', async () => {
  const { body } = await keygen.validateKey(signedKey)
  expect(body.meta.code).toBe('VALID')
  expect(body.data.attributes).toMatchObject({ key: signedKey, scheme: 'ED25519_SIGN' })
  expect((await keygen.call('GET', '/me', signedKey)).body.data.id).toBe(signedId)
  expect(await keygen.codeOf(`${signedKey.slice(0, -1)}x`)).toBe('NOT_FOUND')
})
