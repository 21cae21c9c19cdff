import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ADMIN_TOKEN,
  programs,
  runCommand,
  type ServerProcess,
  startServer,
} from '../support/server.ts'
import { Place } from './places.ts'

const REFUSED_WITHIN_MS = 1000
const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }

describe.each(programs)('the %s', (program) => {
  const place = new Place(program)
  let server: ServerProcess

  beforeAll(async () => {
    server = await startServer(place)
  })
  afterAll(async () => {
    await server.kill()
    place[Symbol.dispose]()
  })

  test('answers the whole life of a license over a socket as the contract says', async () => {
    const created = await server.send('POST', path, order)
    expect(created.status).toBe(201)
    const { id, key } = created.body
    const verdictAfter = async (action?: string) => {
      if (action) expect((await server.send('POST', `${path}/${id}/${action}`)).status).toBe(200)
      const { status, body } = await server.send('POST', '/api/v1/validate', {
        key,
        domain: 'example.com',
      })
      expect(status).toBe(200)
      return body
    }
    const valid = {
      valid: true,
      license: { id, plan: 'professional', expiresAt: null, features: {} },
      warnings: [],
    }
    const refused = (error: string, message: string) => ({ valid: false, error, message })
    expect(await verdictAfter()).toEqual(valid)
    expect(await verdictAfter('suspend')).toEqual(
      refused('LICENSE_SUSPENDED', 'This license is suspended.'),
    )
    expect(await verdictAfter('reinstate')).toEqual(valid)
    expect(await verdictAfter('revoke')).toEqual(
      refused('LICENSE_REVOKED', 'This license was revoked.'),
    )
    const shown = await server.send('GET', `${path}/${id}`)
    expect(shown.body).toMatchObject({
      key,
      status: 'revoked',
      domains: ['example.com'],
      validation_count: 2,
    })
    const events = await server.send('GET', `${path}/${id}/events`)
    expect(events.body.data.map(({ type }: { type: string }) => type)).toEqual([
      'license.revoked',
      'license.reinstated',
      'license.suspended',
      'activation.created',
      'license.activated',
      'license.created',
    ])
  })

  test('refuses an API key within a second after it was revoked on the command line', async () => {
    const args = ['--name', 'reader', '--scope', 'licenses:read']
    const token = await runCommand(place, 'keys', 'create', ...args)
    const authorization = `Bearer ${token}`
    const statusNow = async () =>
      (await server.send('GET', path, undefined, { authorization })).status
    expect(await statusNow()).toBe(200)
    const [key] = JSON.parse(await runCommand(place, 'keys', 'list', '--json'))
    expect(key.name).toBe('reader')

    await runCommand(place, 'keys', 'revoke', key.id)
    const deadlineMs = performance.now() + REFUSED_WITHIN_MS
    let status = await statusNow()
    while (status === 200 && performance.now() < deadlineMs) status = await statusNow()
    expect(status).toBe(401)
  })

  test('keeps no key and no token in clear on disk', async () => {
    const headers = { 'idempotency-key': 'order-1' }
    const { body: license } = await server.send('POST', path, order, headers)
    const { body: imported } = await server.send('POST', path, {
      ...order,
      key: 'AN-IMPORTED-KEY-OF-OURS',
    })
    const { body: apiKey } = await server.send(
      'POST',
      '/api/v1/keys',
      { name: 'x', scopes: ['*'] },
      headers,
    )
    const secrets = [license.key, imported.key, apiKey.token, ADMIN_TOKEN]
    const kept = [...secrets, ...secrets.map((secret) => secret.replaceAll('-', ''))]
    const names = readdirSync(place.dataDirectory, { recursive: true, encoding: 'utf8' })
    const files = names.filter((name) => name.includes('sqlite'))
    expect(files).toContain('licet.sqlite')
    for (const name of files) {
      const bytes = readFileSync(join(place.dataDirectory, name), 'latin1').toUpperCase()
      for (const secret of kept) expect(bytes.includes(secret.toUpperCase())).toBe(false)
    }
  })

  test('took no notice of what lay in its working directory', () => {
    expect(place.hasMark()).toBe(false)
    expect(server.url).toStartWith('http://127.0.0.1:')
  })

  test('has everything again after a stop and a start', async () => {
    const { body: before } = await server.send('GET', path)
    expect(before.data.length).toBeGreaterThan(2)
    expect(await server.stop()).toBe(0)
    server = await startServer(place)
    expect((await server.send('GET', path)).body).toEqual(before)
  })
})
