import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const routes = ['validate', 'activate', 'deactivate', 'seats/acquire']

test('fingerprints: one of only blanks or invisible characters gets 422 on every client route', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_seats: 1 })
  for (const fingerprint of [
    ' ',
    '\t\n',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\ufeff',
    '\u2800\u3164',
    '\u0000',
  ]) {
    for (const route of routes) {
      const refused = await app.callAsClient(route, { key, fingerprint })
      expectProblem(refused, 422, 'validation_failed', ['/fingerprint'])
    }
    const query = new URLSearchParams({ fingerprint })
    const explained = await app.send('GET', `/api/v1/licenses/${id}/explain?${query}`)
    if (fingerprint === '\u0000') expectProblem(explained, 400, 'invalid_request')
    else expectProblem(explained, 422, 'validation_failed', ['?fingerprint'])
  }
  await app.callAsClient('activate', { key, fingerprint: 'f' })
  const move = { from: 'f', to: '\u3000' }
  const refused = await app.send('POST', `/api/v1/licenses/${id}/activations/move`, move)
  expectProblem(refused, 422, 'validation_failed', ['/to'])
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'activation.created'])
})

test('fingerprints: blanks inside count, and 255 characters of any kind fit', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  for (const fingerprint of [' a b ', '🔑'.repeat(255)]) {
    expect((await app.callAsClient('activate', { key, fingerprint })).body.value).toBe(fingerprint)
  }
  const tooLong = { key, fingerprint: '🔑'.repeat(256) }
  expectProblem(await app.callAsClient('activate', tooLong), 422, 'validation_failed', [
    '/fingerprint',
  ])
  expect((await app.send('GET', `/api/v1/licenses/${id}`)).body.devices).toBe(2)
})

test('names: validate, activate and seats/acquire accept both name and device_name', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: null, max_seats: null })
  const namesAt = async (list: string) => {
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/${list}`)
    const rows: { fingerprint?: string; value?: string; name: string }[] = body.data
    return Object.fromEntries(rows.map((row) => [row.value ?? row.fingerprint, row.name]))
  }
  for (const route of ['validate', 'activate', 'seats/acquire']) {
    for (const field of ['name', 'device_name']) {
      const body = { key, fingerprint: `${route} ${field}`, [field]: "Ada's laptop" }
      expect((await app.callAsClient(route, body)).status).toBe(200)
    }
  }
  const named = ([route]: string[]) =>
    Object.fromEntries(
      ['name', 'device_name'].map((field) => [`${route} ${field}`, "Ada's laptop"]),
    )
  expect(await namesAt('activations')).toEqual({ ...named(['validate']), ...named(['activate']) })
  expect(await namesAt('seats')).toEqual(named(['seats/acquire']))
})

test('names: a name that an app sends is cleaned and cut, and never refused', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: null, max_seats: null })
  const names: [sent: string, stored: string | null][] = [
    ['DESKTOP-7\0\0\0', 'DESKTOP-7'],
    ['  Ada\u200b’s\n laptop\u202e ', 'Ada’s laptop'],
    ['\ud800', null],
    ['\u00a0\u200b', null],
    ['👩‍💻'.repeat(100), '👩‍💻'.repeat(66)],
    ['x'.repeat(30_000), 'x'.repeat(200)],
  ]
  for (const [index, [name, stored]] of names.entries()) {
    for (const route of ['validate', 'activate', 'seats/acquire']) {
      const fingerprint = `${route} ${index}`
      expect((await app.callAsClient(route, { key, fingerprint, name })).status).toBe(200)
      const list = route === 'seats/acquire' ? 'seats' : 'activations'
      const { body } = await app.send('GET', `/api/v1/licenses/${id}/${list}?limit=1`)
      expect([route, name.length, body.data[0].name]).toEqual([route, name.length, stored])
    }
  }
})

test('domains: one with a character that IDNA 2008 disallows is DOMAIN_INVALID', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  for (const domain of [
    '“example”.com',
    'ex’ample.com',
    'xn--example-v36cqa.com',
    'a€.com',
    'a→b.com',
  ]) {
    expect([domain, (await app.validate({ key, domain })).body.error]).toEqual([
      domain,
      'DOMAIN_INVALID',
    ])
    expectProblem(await app.callAsClient('activate', { key, domain }), 409, 'DOMAIN_INVALID')
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})
