import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['trafficorchestrator'] })
})
afterAll(() => app.close())

const validate = (body: object) => app.callAsClient('validate', body)
const change = (id: string, action: string, body: object = {}) =>
  app.send('POST', `/api/v1/licenses/${id}/${action}`, body)

describe('validation', () => {
  test('compat trafficorchestrator: a valid license has its plan, domains and end', async () => {
    const { id, key } = await app.createLicense({ expires_at: '2030-01-01T00:00:00Z' })
    const { status, headers, body } = await validate({ token: key, domain: 'example.com' })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        valid: true,
        message: 'License is valid',
        plan: 'professional',
        domains: ['example.com'],
        expiresAt: '2030-01-01T00:00:00Z',
      },
    })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(await app.eventTypesOf(id)).toEqual([
      'license.created',
      'license.activated',
      'activation.created',
    ])
  })

  test('compat trafficorchestrator: a license without an end has null, and no domain is needed', async () => {
    const { key } = await app.createLicense()
    for (const domain of [undefined, null, '']) {
      const { body } = await validate({ token: key, domain })
      expect(body).toMatchObject({ valid: true, domains: [], expiresAt: null })
    }
  })

  test.each([
    ['suspended', 'LICENSE_SUSPENDED', (id: string) => change(id, 'suspend')],
    ['revoked', 'LICENSE_REVOKED', (id: string) => change(id, 'revoke')],
    [
      'expired',
      'LICENSE_EXPIRED',
      (id: string) => change(id, 'renew', { expires_at: '2026-01-01T00:00:00Z' }),
    ],
  ] as const)(
    'compat trafficorchestrator: a license that is %s is not valid',
    async (_state, code, act) => {
      const { id, key } = await app.createLicense({ expires_at: '2030-01-01T00:00:00Z' })
      expect((await act(id)).status).toBe(200)
      const { status, body } = await validate({ token: key, domain: 'example.com' })
      expect({ status, ...body }).toMatchObject({ status: 200, valid: false, code, reason: code })
      expect(body.message).toBe(body.error)
      expect(body).toMatchObject({ plan: 'professional', domains: [] })
    },
  )

  test('compat trafficorchestrator: a domain beyond the limit is a mismatch that names the limit', async () => {
    const { id, key } = await app.createLicense({ plan: 'starter' })
    await validate({ token: key, domain: 'example.com' })
    const { status, body } = await validate({ token: key, domain: 'example.org' })
    expect(status).toBe(200)
    expect(body).toEqual({
      valid: false,
      message: 'The only domain of this license is in use.',
      error: 'The only domain of this license is in use.',
      code: 'DOMAIN_MISMATCH',
      reason: 'DOMAIN_LIMIT_REACHED',
      plan: 'starter',
      domains: ['example.com'],
      expiresAt: null,
    })
    expect(await app.eventTypesOf(id)).toContain('license.limit_reached')
  })

  test('compat trafficorchestrator: a domain that is deactivated can be used again after its validation', async () => {
    const { id, key } = await app.createLicense({ plan: 'starter' })
    await validate({ token: key, domain: 'example.com' })
    await app.callAsClient('deactivate', { key, domain: 'example.com' })
    const { body } = await validate({ token: key, domain: 'example.org' })
    expect(body).toMatchObject({ valid: true, domains: ['example.org'] })
    expect(await app.eventTypesOf(id)).toContain('activation.deleted')
  })

  test('compat trafficorchestrator: validations at the same time never exceed the limit', async () => {
    const { id, key } = await app.createLicense({ plan: 'starter' })
    const sent = Array.from({ length: 20 }, (_, index) =>
      validate({ token: key, domain: `site-${index}.com` }),
    )
    const valid = (await Promise.all(sent)).filter(({ body }) => body.valid)
    expect(valid).toHaveLength(1)
    const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
    expect(body.domains_count).toBe(1)
  })

  test('compat trafficorchestrator: an unknown key gets 404 in the format of the source', async () => {
    const { status, body } = await validate({ token: 'LK-unknown-0000-0000', domain: 'a.io' })
    expect(status).toBe(404)
    expect(body).toEqual({
      valid: false,
      message: 'There is no license with this key.',
      error: 'There is no license with this key.',
      code: 'LICENSE_NOT_FOUND',
      reason: 'LICENSE_NOT_FOUND',
    })
  })

  test('compat trafficorchestrator: validations are counted as usage, and logged without the key', async () => {
    const { id, key } = await app.createLicense()
    await validate({ token: key, domain: 'example.com' })
    await app.send('POST', `/api/v1/licenses/${id}/suspend`)
    await validate({ token: key, domain: 'example.com' })
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
    expect(body.summary).toMatchObject({ valid: 1, refused: 1 })
    const line = app.logLines.findLast((one) => one.includes('trafficorchestrator'))
    expect(line).toContain('"route":"trafficorchestrator /api/v1/validate"')
    expect(app.logLines.join('')).not.toContain(key)
  })

  test.each([
    ['an empty token', { token: '' }, 422, 'VALIDATION_FAILED'],
    ['a token that is no text', { token: {} }, 422, 'validation_failed'],
    ['both a token and a key', { token: 'x', key: 'TO-0000-0000-0000-0000' }, 404, undefined],
  ])('compat trafficorchestrator: a body with %s gets %p', async (_name, given, status, code) => {
    const response = await validate(given)
    expect(response.status).toBe(status)
    expect(response.body.code).toBe(code)
  })

  test('compat trafficorchestrator: our own validation at the same path stays the same', async () => {
    const { key } = await app.createLicense()
    const { body } = await validate({ key, domain: 'example.com' })
    expect(body).toMatchObject({ valid: true, license: { plan: 'professional' } })
    expect((await validate('{' as unknown as object)).body.code).toBe('invalid_json')
  })

  test('compat trafficorchestrator: guesses are limited, and a valid key is not', async () => {
    await using limited = await openTestApp({ compat: ['trafficorchestrator'] })
    const { key } = await limited.createLicense()
    const guess = () => limited.callAsClient('validate', { token: 'LK-unknown-0000-0000' })
    for (let count = 0; count < 30; count += 1) expect((await guess()).status).toBe(404)
    const { status, headers, body } = await guess()
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(body).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    const valid = await limited.callAsClient('validate', { token: key })
    expect(valid.body.valid).toBe(true)
  })
})

describe('portal', () => {
  const portal = (method: string, path: string, body?: unknown) =>
    app.send(method, `/api/v1${path}`, body)
  const create = async (fields: object = {}) =>
    (await portal('POST', '/portal/licenses', { appName: 'My App', ...fields })).body

  test('compat trafficorchestrator: a license is created with its app, plan and domain, and shown in full', async () => {
    const { status, body } = await portal('POST', '/portal/licenses', {
      appName: 'My App',
      domain: 'https://example.com/x',
      planId: 'starter',
    })
    expect(status).toBe(201)
    expect(body).toEqual({
      license_id: expect.stringMatching(/^lic_/),
      license_key: expect.stringMatching(/^TO-[\w-]{19}$/),
      app_name: 'My App',
      status: 'active',
      plan_id: 'starter',
      domains: ['example.com'],
      created_at: expect.any(String),
      expires_at: null,
    })
    const found = await portal('GET', `/portal/licenses/${body.license_id}`)
    expect(found.body).toEqual(body)
    const list = await portal('GET', '/portal/licenses')
    expect(list.body.licenses[0]).toEqual(body)
    expect(await app.eventTypesOf(body.license_id)).toEqual([
      'license.created',
      'activation.created',
    ])
  })

  test('compat trafficorchestrator: without planId, the plan is professional', async () => {
    expect(await create()).toMatchObject({ plan_id: 'professional', domains: [] })
    const { status, body } = await portal('POST', '/portal/licenses', {
      appName: 'My App',
      planId: 'gold',
    })
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'VALIDATION_FAILED' })
    expect(body.error).toContain('There is no plan gold')
  })

  test('compat trafficorchestrator: a license is suspended, reactivated and deleted', async () => {
    const { license_id: id } = await create()
    const set = (status: string) => portal('PATCH', `/portal/licenses/${id}`, { status })
    expect((await set('suspended')).body).toEqual({
      success: true,
      license_id: id,
      status: 'suspended',
    })
    expect((await set('active')).body).toMatchObject({ success: true, status: 'active' })
    expect((await set('gone')).status).toBe(422)
    expect((await portal('DELETE', `/portal/licenses/${id}`)).body).toEqual({ success: true })
    expect((await set('active')).body.code).toBe('INVALID_TRANSITION')
    expect(await app.eventTypesOf(id)).toEqual([
      'license.created',
      'license.suspended',
      'license.reinstated',
      'license.revoked',
    ])
  })

  test('compat trafficorchestrator: domains are added up to the limit, and removed', async () => {
    const { license_id: id } = await create({ planId: 'starter' })
    const add = (domain: string) => portal('POST', `/portal/licenses/${id}/domains`, { domain })
    const remove = (domain: string) =>
      portal('DELETE', `/portal/licenses/${id}/domains`, { domain })
    expect((await add('Example.com')).body).toEqual({
      success: true,
      domainId: expect.stringMatching(/^act_/),
      domain: 'example.com',
    })
    expect((await add('example.com')).body.success).toBe(true)
    const full = await add('example.org')
    expect({ status: full.status, code: full.body.code }).toEqual({
      status: 409,
      code: 'DOMAIN_LIMIT_REACHED',
    })
    expect((await add('a b')).status).toBe(422)
    expect((await remove('example.org')).status).toBe(404)
    expect((await remove('example.com')).body).toEqual({ success: true })
    expect((await add('example.org')).body.domain).toBe('example.org')
  })

  test('compat trafficorchestrator: a rotated key replaces the former one at once', async () => {
    const { license_id: id, license_key: former } = await create()
    const { status, body } = await portal('POST', `/portal/licenses/${id}/rotate`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, previousLicenseId: id })
    expect(body.newLicense.license_key).not.toBe(former)
    expect((await validate({ token: former })).status).toBe(404)
    expect((await validate({ token: body.newLicense.license_key })).body.valid).toBe(true)
  })

  test('compat trafficorchestrator: a batch changes each license, and says which failed', async () => {
    const { license_id: id } = await create()
    const batch = (action: string, days?: number) =>
      portal('POST', '/portal/licenses/batch', { action, licenseIds: [id, 'lic_gone'], days })
    expect((await batch('suspend')).body).toEqual({
      action: 'suspend',
      processed: 2,
      succeeded: 1,
      failed: 1,
      results: [
        { licenseId: id, success: true },
        { licenseId: 'lic_gone', success: false, error: 'No such license.' },
      ],
    })
    expect((await batch('activate')).body.succeeded).toBe(1)
    expect((await batch('extend', 10)).body.results[0].error).toContain('never expires')
    const ids = Array.from({ length: 51 }, () => id)
    const tooMany = { action: 'suspend', licenseIds: ids }
    expect((await portal('POST', '/portal/licenses/batch', tooMany)).status).toBe(422)
    const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
    expect(body.status).toBe('active')
  })

  test.each(['/api-keys', '/portal/api-keys'])(
    'compat trafficorchestrator: an API key is created, listed and deleted at %s',
    async (path) => {
      const { status, body } = await portal('POST', path, { name: 'ci', scopes: ['read'] })
      expect(status).toBe(201)
      expect(body).toMatchObject({ name: 'ci', prefix: 'licet_' })
      expect(body.key).toStartWith('licet_')
      const list = await portal('GET', path)
      expect(list.body.keys).toContainEqual(expect.objectContaining({ id: body.id, name: 'ci' }))
      expect(list.text).not.toContain(body.key)
      const asKey = { authorization: undefined, 'x-api-key': body.key }
      const read = await app.send('GET', '/api/v1/portal/licenses', undefined, asKey)
      expect(read.status).toBe(200)
      expect(read.body.licenses[0].license_key).toContain('****')
      const write = await app.send('POST', '/api/v1/portal/licenses', { appName: 'x' }, asKey)
      expect({ status: write.status, code: write.body.code }).toEqual({
        status: 403,
        code: 'MISSING_SCOPE',
      })
      expect((await portal('DELETE', `${path}/${body.id}`)).body).toEqual({ success: true })
      const gone = await app.send('GET', '/api/v1/portal/licenses', undefined, asKey)
      expect(gone.status).toBe(401)
    },
  )

  test.each(['/webhooks/config', '/portal/webhooks'])(
    'compat trafficorchestrator: %s creates an endpoint, and sets its events later',
    async (path) => {
      const url = `https://hooks.example.com${path}`
      const { status, body } = await portal('POST', path, { url, events: ['license.created'] })
      expect(status).toBe(201)
      expect(body).toMatchObject({
        config_id: expect.any(String),
        secret: expect.stringMatching(/^whsec_/),
      })
      const again = await portal('POST', path, { url, events: ['*'] })
      expect(again.body).toMatchObject({ config_id: body.config_id, events: ['*'], secret: null })
      const list = await portal('GET', path)
      expect(
        list.body.configs.filter((config: { url: string }) => config.url === url),
      ).toHaveLength(1)
      expect((await portal('POST', path, { url, events: ['no.such'] })).status).toBe(422)
    },
  )

  test.each(['/portal/usage', '/portal/stats'])(
    'compat trafficorchestrator: %s counts validations and licenses',
    async (path) => {
      const before = (await portal('GET', path)).body
      const { license_key: token } = await create()
      await validate({ token })
      await validate({ token, domain: 'a b' })
      const { body } = await portal('GET', path)
      expect(body).toEqual({
        validationsToday: before.validationsToday + 2,
        validationsMonth: before.validationsMonth + 2,
        monthlyLimit: Number.MAX_SAFE_INTEGER,
        activeLicenses: before.activeLicenses + 1,
        activeDomains: 0,
      })
    },
  )

  test('compat trafficorchestrator: analytics have one entry per day', async () => {
    const { status, body } = await portal('GET', '/portal/analytics?days=7')
    expect(status).toBe(200)
    expect(body.period.days).toBe(7)
    expect(body.daily).toHaveLength(7)
    const total = body.daily.reduce(
      (sum: number, day: { validations: number }) => sum + day.validations,
      0,
    )
    expect(body.totals.validations).toBe(total)
    expect((await portal('GET', '/portal/analytics?days=0')).status).toBe(422)
  })

  test('compat trafficorchestrator: the health needs no credential', async () => {
    const open = { authorization: undefined }
    const { status, body } = await app.send('GET', '/api/v1/health', undefined, open)
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'healthy', version: app.deps.version })
  })

  test.each([
    ['no credential', '/portal/usage', { authorization: undefined }, 401, 'UNAUTHORIZED'],
    [
      'an unknown key',
      '/portal/licenses',
      { authorization: 'Bearer sk_live_xxxxx' },
      401,
      'UNAUTHORIZED',
    ],
    ['an unknown license', '/portal/licenses/lic_gone', {}, 404, 'NOT_FOUND'],
    ['a path without an equivalent', '/portal/sla?days=30', {}, 404, 'NOT_SUPPORTED'],
  ])(
    'compat trafficorchestrator: %s gets an error in the format of the source',
    async (_name, path, headers, status, code) => {
      const response = await app.send('GET', `/api/v1${path}`, undefined, headers)
      expect({ status: response.status, code: response.body.code }).toEqual({ status, code })
      expect(response.body.error).toEqual(expect.any(String))
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  test('compat trafficorchestrator: customers with a cookie still reach the portal at the same path', async () => {
    for (const authorization of [undefined, 'Basic cHJveHk6cGFzc3dvcmQ=']) {
      const path = '/api/v1/portal/licenses'
      const { status, body } = await app.send('GET', path, undefined, { authorization })
      expect({ status, title: body.title }).toEqual({ status: 401, title: 'Unauthorized' })
    }
  })

  test('compat trafficorchestrator: changes are audited with the API key', async () => {
    const { license_id: id } = await create()
    await portal('PATCH', `/portal/licenses/${id}`, { status: 'suspended' })
    const { body } = await app.send('GET', `/api/v1/audit?subject_id=${id}`)
    expect(body.data.length).toBeGreaterThan(0)
    expect(JSON.stringify(body.data[0])).toContain('key')
  })
})
