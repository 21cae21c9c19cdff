import { expect, test } from 'bun:test'
import { openLicensedApp } from '../../support/licensed-app.ts'
import { expectProblem } from '../../support/problems.ts'

const HOUR_MS = 3_600_000

/** Opens a license with one activated domain and one activated device. */
async function openWithActivations(terms: object = {}) {
  const app = await openLicensedApp({ max_devices: 1, ...terms })
  const path = `/api/v1/licenses/${app.id}/activations`
  const domain = (await app.callWithKey('activate', { domain: 'example.com', name: 'Shop' })).body
  app.clock.advanceMs(1000)
  const device = (await app.callWithKey('activate', { fingerprint: 'machine' })).body
  return {
    ...app,
    path,
    domain,
    device,
    move: (from: string, to: string, headers: Record<string, string> = {}) =>
      app.send('POST', `${path}/move`, { from, to }, headers),
    newEvents: async () => (await app.eventTypesOf(app.id)).slice(3),
  }
}

test('activation list: domains and devices, newest first, in pages', async () => {
  await using app = await openWithActivations()
  const { body } = await app.send('GET', `${app.path}?limit=1`)
  expect(body.data).toEqual([app.device])
  const next = await app.send('GET', `${app.path}?limit=1&cursor=${body.next_cursor}`)
  expect(next.body).toEqual({ data: [app.domain], next_cursor: null })
  const other = (await app.createLicense()).id
  const otherLicense = `/api/v1/licenses/${other}/activations?cursor=${body.next_cursor}`
  expectProblem(await app.send('GET', otherLicense), 400, 'invalid_cursor')
})

test('activations: the list shows when each was last seen, to the hour, at one write an hour', async () => {
  await using app = await openWithActivations()
  const validate = () => app.validate({ key: app.key, domain: 'example.com' })
  const before = (await app.database.readRows()).activations
  app.clock.advanceMs(60_000)
  await validate()
  await app.deps.store.flush()
  expect((await app.database.readRows()).activations).toEqual(before)
  app.clock.advanceMs(HOUR_MS)
  for (let index = 0; index < 3; index += 1) await validate()
  expect(await app.activations()).toMatchObject([
    { value: 'machine', last_seen_at: '2026-03-06T00:00:01Z' },
    { value: 'example.com', last_seen_at: '2026-03-06T01:01:01Z' },
  ])
})

test('activation list: needs licenses:read and an existing license', async () => {
  await using app = await openWithActivations()
  const authorization = `Bearer ${await app.tokenWith('licenses:write')}`
  expectProblem(await app.send('GET', app.path, undefined, { authorization }), 403, 'missing_scope')
  const stranger = { authorization: undefined }
  expectProblem(await app.send('GET', app.path, undefined, stranger), 401, 'unauthorized')
  const unknownLicense = '/api/v1/licenses/lic_none/activations'
  expectProblem(await app.send('GET', unknownLicense), 404, 'not_found')
  const unknown = await app.send('GET', `${app.path}?kind=device`)
  expectProblem(unknown, 422, 'validation_failed', ['?kind'])
})

test('activation removal: If-Match with another version gets 412', async () => {
  await using app = await openWithActivations()
  const place = `${app.path}/${app.device.id}`
  const stale = await app.send('DELETE', place, undefined, { 'if-match': '"7"' })
  expectProblem(stale, 412, 'precondition_failed')
  expect(await app.newEvents()).toEqual([])
  const meant = await app.send('DELETE', place, undefined, { 'if-match': '"1"' })
  expect(meant.status).toBe(200)
})

test('activation removal: ignores the limits of the plan, appends an event and is audited', async () => {
  await using app = await openWithActivations({ self_deactivation: false })
  const removed = await app.send('DELETE', `${app.path}/${app.device.id}`)
  expect([removed.status, removed.body]).toEqual([200, app.device])
  const again = await app.send('DELETE', `${app.path}/${app.device.id}`)
  expectProblem(again, 404, 'not_found')
  expect(await app.activations()).toEqual([app.domain])
  expect(await app.newEvents()).toEqual(['activation.deleted'])
  expect((await app.database.readRows()).audit?.at(-1)).toMatchObject({
    actor: expect.stringMatching(/^key:key_/),
    action: 'activation.delete',
    subject_id: app.id,
  })
  expect(await app.verdict({ fingerprint: 'another' })).toBe('VALID')
})

test('activation removal: needs the scope and the right license, which is not revoked', async () => {
  await using app = await openWithActivations()
  const path = `${app.path}/${app.device.id}`
  const authorization = `Bearer ${await app.tokenWith('licenses:read')}`
  expectProblem(await app.send('DELETE', path, undefined, { authorization }), 403, 'missing_scope')
  const other = (await app.createLicense()).id
  const otherLicense = `/api/v1/licenses/${other}/activations/${app.device.id}`
  expectProblem(await app.send('DELETE', otherLicense), 404, 'not_found')
  const unknownLicense = `/api/v1/licenses/lic_none/activations/${app.device.id}`
  expectProblem(await app.send('DELETE', unknownLicense), 404, 'not_found')
  await app.send('POST', `/api/v1/licenses/${app.id}/revoke`)
  expectProblem(await app.send('DELETE', path), 409, 'invalid_transition')
  expect(await app.activations()).toHaveLength(2)
})

test('activation move: moves a domain by value or id and keeps its name', async () => {
  await using app = await openWithActivations({ max_domains: 1 })
  const moved = await app.move('https://www.example.com/', 'Example.org')
  expect(moved.status).toBe(200)
  expect(moved.body).toMatchObject({ kind: 'domain', value: 'example.org', name: 'Shop' })
  expect((await app.move(moved.body.id, 'example.net')).status).toBe(200)
  expect(await app.license()).toMatchObject({
    domains: ['example.net'],
    domains_count: 1,
    version: 1,
  })
  expect(await app.newEvents()).toEqual([
    'activation.deleted',
    'activation.created',
    'activation.deleted',
    'activation.created',
  ])
  expect(await app.verdict({ domain: 'example.net' })).toBe('VALID')
  expect(await app.verdict({ domain: 'example.com' })).toBe('DOMAIN_LIMIT_REACHED')
})

test('activation move: moves a device to any fingerprint, even one like a domain', async () => {
  await using app = await openWithActivations()
  const { body } = await app.move('machine', 'example.com')
  expect(body).toMatchObject({ kind: 'device', value: 'example.com' })
  expect(await app.activations()).toMatchObject([{ kind: 'device' }, { kind: 'domain' }])
})

test('activation move: is replayed for the same Idempotency-Key', async () => {
  await using app = await openWithActivations()
  const headers = { 'idempotency-key': 'move-1' }
  const first = await app.move('example.com', 'example.org', headers)
  const again = await app.move('example.com', 'example.org', headers)
  expect([again.status, again.body]).toEqual([200, first.body])
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await app.newEvents()).toHaveLength(2)
  expectProblem(await app.move('example.com', 'example.org'), 404, 'not_found')
})

test('activation move: a move to the same place appends no event', async () => {
  await using app = await openWithActivations()
  const { status, body } = await app.move('example.com', 'www.example.com')
  expect([status, body]).toEqual([200, app.domain])
  expect(await app.newEvents()).toEqual([])
})

test('activation move: works on a suspended license', async () => {
  await using app = await openWithActivations()
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  expect((await app.move('machine', 'new machine')).status).toBe(200)
})

test('activation move: an impossible move is rejected and changes nothing', async () => {
  await using app = await openWithActivations({ free_domain_patterns: ['staging.*'] })
  await app.callWithKey('activate', { domain: 'staging.example.com' })
  await app.callWithKey('activate', { domain: 'shop.org' })
  const before = await app.activations()
  expectProblem(await app.move('example.com', 'shop.org'), 409, 'already_exists')
  expectProblem(await app.move('staging.example.com', 'x.org'), 409, 'invalid_transition')
  expectProblem(await app.move('example.net', 'x.org'), 404, 'not_found')
  expectProblem(await app.move('example.com', 'co.uk'), 422, 'validation_failed', ['/to'])
  const long = await app.move('machine', 'x'.repeat(256))
  expectProblem(long, 422, 'validation_failed', ['/to'])
  const unknown = await app.send('POST', `${app.path}/move`, { from: 'a', to: 'b', name: 'c' })
  expectProblem(unknown, 422, 'validation_failed', ['/name'])
  const unknownLicense = '/api/v1/licenses/lic_none/activations/move'
  expectProblem(await app.send('POST', unknownLicense, { from: 'a', to: 'b' }), 404, 'not_found')
  const authorization = `Bearer ${await app.tokenWith('licenses:read')}`
  expectProblem(await app.move('example.com', 'x.org', { authorization }), 403, 'missing_scope')
  await app.send('POST', `/api/v1/licenses/${app.id}/revoke`)
  expectProblem(await app.move('example.com', 'x.org'), 409, 'invalid_transition')
  expect(await app.activations()).toEqual(before)
})
