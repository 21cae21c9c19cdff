import { describe, expect, test } from 'bun:test'
import { rowsIn } from '../../support/database.ts'
import { openLicensedApp } from '../../support/licensed-app.ts'
import { expectProblem } from '../../support/problems.ts'

const HOUR_MS = 3_600_000

/** A license with a domain and a device in use, as its vendor manages it. */
async function openWithActivations(terms: object = {}) {
  const app = await openLicensedApp({ max_devices: 1, ...terms })
  const path = `/api/v1/licenses/${app.id}/activations`
  const domain = (await app.askWithKey('activate', { domain: 'example.com', name: 'Shop' })).body
  app.clock.advanceMs(1000)
  const device = (await app.askWithKey('activate', { fingerprint: 'machine' })).body
  return {
    ...app,
    path,
    domain,
    device,
    move: (from: string, to: string, headers: Record<string, string> = {}) =>
      app.send('POST', `${path}/move`, { from, to }, headers),
    eventsSinceThen: async () => (await app.eventTypesOf(app.id)).slice(3),
  }
}

describe('the list of activations', () => {
  test('has domains and devices, newest first, page by page', async () => {
    await using app = await openWithActivations()
    const { body } = await app.send('GET', `${app.path}?limit=1`)
    expect(body.data).toEqual([app.device])
    const next = await app.send('GET', `${app.path}?limit=1&cursor=${body.next_cursor}`)
    expect(next.body).toEqual({ data: [app.domain], next_cursor: null })
    const other = (await app.createLicense()).id
    const strange = `/api/v1/licenses/${other}/activations?cursor=${body.next_cursor}`
    expectProblem(await app.send('GET', strange), 400, 'invalid_cursor')
  })

  test('activations: the list shows when each was last seen, to the hour, at one write an hour', async () => {
    await using app = await openWithActivations()
    const validate = () => app.validate({ key: app.key, domain: 'example.com' })
    const before = rowsIn(app.directory).activations
    app.clock.advanceMs(60_000)
    await validate()
    await app.deps.store.flush()
    expect(rowsIn(app.directory).activations).toEqual(before)
    app.clock.advanceMs(HOUR_MS)
    for (let index = 0; index < 3; index += 1) await validate()
    expect(await app.activations()).toMatchObject([
      { value: 'machine', last_seen_at: '2026-03-06T00:00:01Z' },
      { value: 'example.com', last_seen_at: '2026-03-06T01:01:01Z' },
    ])
  })

  test('is for those who may read licenses, of licenses that are there', async () => {
    await using app = await openWithActivations()
    const authorization = `Bearer ${await app.tokenWith('licenses:write')}`
    expectProblem(
      await app.send('GET', app.path, undefined, { authorization }),
      403,
      'missing_scope',
    )
    const stranger = { authorization: undefined }
    expectProblem(await app.send('GET', app.path, undefined, stranger), 401, 'unauthorized')
    const nowhere = '/api/v1/licenses/lic_none/activations'
    expectProblem(await app.send('GET', nowhere), 404, 'not_found')
    const unknown = await app.send('GET', `${app.path}?kind=device`)
    expectProblem(unknown, 422, 'validation_failed', ['?kind'])
  })
})

describe('a removal', () => {
  test('meant for another version of the license is refused', async () => {
    await using app = await openWithActivations()
    const place = `${app.path}/${app.device.id}`
    const stale = await app.send('DELETE', place, undefined, { 'if-match': '"7"' })
    expectProblem(stale, 412, 'precondition_failed')
    expect(await app.eventsSinceThen()).toEqual([])
    const meant = await app.send('DELETE', place, undefined, { 'if-match': '"1"' })
    expect(meant.status).toBe(200)
  })

  test('frees the slot past the terms of the plan, once, and is on record', async () => {
    await using app = await openWithActivations({ self_deactivation: false })
    const removed = await app.send('DELETE', `${app.path}/${app.device.id}`)
    expect([removed.status, removed.body]).toEqual([200, app.device])
    const again = await app.send('DELETE', `${app.path}/${app.device.id}`)
    expectProblem(again, 404, 'not_found')
    expect(await app.activations()).toEqual([app.domain])
    expect(await app.eventsSinceThen()).toEqual(['activation.deleted'])
    expect(rowsIn(app.directory).audit?.at(-1)).toMatchObject({
      actor: expect.stringMatching(/^key_/),
      action: 'activation.delete',
      subject_id: app.id,
    })
    expect(await app.verdict({ fingerprint: 'another' })).toBe('VALID')
  })

  test('needs the scope, the license of the activation, and one that is not revoked', async () => {
    await using app = await openWithActivations()
    const path = `${app.path}/${app.device.id}`
    const authorization = `Bearer ${await app.tokenWith('licenses:read')}`
    expectProblem(
      await app.send('DELETE', path, undefined, { authorization }),
      403,
      'missing_scope',
    )
    const other = (await app.createLicense()).id
    const strange = `/api/v1/licenses/${other}/activations/${app.device.id}`
    expectProblem(await app.send('DELETE', strange), 404, 'not_found')
    const nowhere = `/api/v1/licenses/lic_none/activations/${app.device.id}`
    expectProblem(await app.send('DELETE', nowhere), 404, 'not_found')
    await app.send('POST', `/api/v1/licenses/${app.id}/revoke`)
    expectProblem(await app.send('DELETE', path), 409, 'invalid_transition')
    expect(await app.activations()).toHaveLength(2)
  })
})

describe('a move', () => {
  test('takes a domain elsewhere by name or by id, with its name, in one step', async () => {
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
    expect(await app.eventsSinceThen()).toEqual([
      'activation.deleted',
      'activation.created',
      'activation.deleted',
      'activation.created',
    ])
    expect(await app.verdict({ domain: 'example.net' })).toBe('VALID')
    expect(await app.verdict({ domain: 'example.com' })).toBe('DOMAIN_LIMIT_REACHED')
  })

  test('takes a device to another fingerprint, whatever that looks like', async () => {
    await using app = await openWithActivations()
    const { body } = await app.move('machine', 'example.com')
    expect(body).toMatchObject({ kind: 'device', value: 'example.com' })
    expect(await app.activations()).toMatchObject([{ kind: 'device' }, { kind: 'domain' }])
  })

  test('answers again what it answered to the same Idempotency-Key', async () => {
    await using app = await openWithActivations()
    const headers = { 'idempotency-key': 'move-1' }
    const first = await app.move('example.com', 'example.org', headers)
    const again = await app.move('example.com', 'example.org', headers)
    expect([again.status, again.body]).toEqual([200, first.body])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await app.eventsSinceThen()).toHaveLength(2)
    expectProblem(await app.move('example.com', 'example.org'), 404, 'not_found')
  })

  test('to where it is already is done, and told to nobody', async () => {
    await using app = await openWithActivations()
    const { status, body } = await app.move('example.com', 'www.example.com')
    expect([status, body]).toEqual([200, app.domain])
    expect(await app.eventsSinceThen()).toEqual([])
  })

  test('is possible while the license is suspended', async () => {
    await using app = await openWithActivations()
    await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
    expect((await app.move('machine', 'new machine')).status).toBe(200)
  })

  test('is refused without a trace where it cannot be', async () => {
    await using app = await openWithActivations({ free_domain_patterns: ['staging.*'] })
    await app.askWithKey('activate', { domain: 'staging.example.com' })
    await app.askWithKey('activate', { domain: 'shop.org' })
    const before = await app.activations()
    expectProblem(await app.move('example.com', 'shop.org'), 409, 'already_exists')
    expectProblem(await app.move('staging.example.com', 'x.org'), 409, 'invalid_transition')
    expectProblem(await app.move('example.net', 'x.org'), 404, 'not_found')
    expectProblem(await app.move('example.com', 'co.uk'), 422, 'validation_failed', ['/to'])
    const long = await app.move('machine', 'x'.repeat(256))
    expectProblem(long, 422, 'validation_failed', ['/to'])
    const unknown = await app.send('POST', `${app.path}/move`, { from: 'a', to: 'b', name: 'c' })
    expectProblem(unknown, 422, 'validation_failed', ['/name'])
    const nowhere = '/api/v1/licenses/lic_none/activations/move'
    expectProblem(await app.send('POST', nowhere, { from: 'a', to: 'b' }), 404, 'not_found')
    const authorization = `Bearer ${await app.tokenWith('licenses:read')}`
    expectProblem(await app.move('example.com', 'x.org', { authorization }), 403, 'missing_scope')
    await app.send('POST', `/api/v1/licenses/${app.id}/revoke`)
    expectProblem(await app.move('example.com', 'x.org'), 409, 'invalid_transition')
    expect(await app.activations()).toEqual(before)
  })
})
