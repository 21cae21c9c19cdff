import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readUntil } from '../support/noticing.ts'
import {
  ADMIN_TOKEN,
  programs,
  runLicet,
  type ServerProcess,
  startServer,
} from '../support/server.ts'
import { TrapSandbox } from './trap-sandbox.ts'

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }

describe.each(programs)('tour: %s', (program) => {
  const sandbox = new TrapSandbox(program)
  let server: ServerProcess

  beforeAll(async () => {
    server = await startServer(sandbox)
  })
  afterAll(async () => {
    await server.kill()
    sandbox[Symbol.dispose]()
  })

  test('a license can be created, suspended, reinstated and revoked, and validations follow', async () => {
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
    const invalid = (error: string, message: string) => ({ valid: false, error, message })
    expect(await verdictAfter()).toEqual(valid)
    expect(await verdictAfter('suspend')).toEqual(
      invalid('LICENSE_SUSPENDED', 'This license is suspended.'),
    )
    expect(await verdictAfter('reinstate')).toEqual(valid)
    expect(await verdictAfter('revoke')).toEqual(
      invalid('LICENSE_REVOKED', 'This license was revoked.'),
    )
    const final = await server.send('GET', `${path}/${id}`)
    expect(final.body).toMatchObject({
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

  test('an API key that is revoked on the command line is rejected by the running server', async () => {
    const args = ['--name', 'reader', '--scope', 'licenses:read']
    const created = await runLicet(sandbox, ['keys', 'create', ...args])
    const authorization = `Bearer ${created.stdout.trim()}`
    const statusNow = async () =>
      (await server.send('GET', path, undefined, { authorization })).status
    expect(await statusNow()).toBe(200)
    const list = await runLicet(sandbox, ['keys', 'list', '--json'])
    const [key] = JSON.parse(list.stdout)
    expect(key.name).toBe('reader')

    const revoked = await runLicet(sandbox, ['keys', 'revoke', key.id])
    expect(revoked.code).toBe(0)
    expect(await readUntil(statusNow, (status) => status !== 200)).toBe(401)
  })

  test('no license key and no token is stored in plain text', async () => {
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
    const plain = [...secrets, ...secrets.map((secret) => secret.replaceAll('-', ''))]
    const names = readdirSync(sandbox.dataDirectory, { recursive: true, encoding: 'utf8' })
    const files = names.filter((name) => name.includes('sqlite'))
    expect(files).toContain('licet.sqlite')
    for (const name of files) {
      const bytes = readFileSync(join(sandbox.dataDirectory, name), 'latin1').toUpperCase()
      for (const secret of plain) expect(bytes.includes(secret.toUpperCase())).toBe(false)
    }
  })

  test('configuration files in the working directory are ignored', () => {
    expect(sandbox.hasMark()).toBe(false)
    expect(server.url).toStartWith('http://127.0.0.1:')
  })

  test('all licenses are still there after a restart', async () => {
    const { body: before } = await server.send('GET', path)
    expect(before.data.length).toBeGreaterThan(2)
    expect(await server.stop()).toBe(0)
    server = await startServer(sandbox)
    expect((await server.send('GET', path)).body).toEqual(before)
  })
})
