import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '~/domain/times.ts'
import { checkErrors } from '~/domain/verdicts.ts'
import { openTestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const planPath = '/api/v1/plans/professional'

test('validate: a valid key returns the license with its expiration and features', async () => {
  await using app = await openTestApp()
  await app.send('PUT', planPath, { features: { sso: true, projects: 5 } })
  const { id, key } = await app.createLicense({
    expires_at: '2027-03-06T00:00:00Z',
    features: { projects: 10 },
  })
  const { status, headers, body } = await app.validate({ key })
  expect(body).toEqual({
    valid: true,
    license: {
      id,
      plan: 'professional',
      expiresAt: '2027-03-06T00:00:00Z',
      features: { sso: true, projects: 10 },
    },
    warnings: [],
  })
  expect(status).toBe(200)
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.activated'])
})

test('validate: a key is accepted in any case, without dashes, and with O, I and L for digits', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const bare = key.replaceAll('-', '')
  const spellings = [
    key.toLowerCase(),
    bare,
    ` ${bare.match(/.{1,4}/g)?.join(' ')}\t`,
    `TO${bare.slice(2).replaceAll('0', 'o').replaceAll('1', 'l')}`,
    `TO${bare.slice(2).replaceAll('0', 'O').replaceAll('1', 'I')}`,
  ]
  for (const spelling of spellings) {
    expect((await app.validate({ key: spelling })).body).toMatchObject({ valid: true })
  }
})

test('validate: a mistyped key and an unknown key are different errors, both with 404', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
  const malformed = {
    valid: false,
    error: 'LICENSE_KEY_MALFORMED',
    message: 'This license key contains a typo. Check it, then enter it again.',
  }
  const unknown = {
    valid: false,
    error: 'LICENSE_NOT_FOUND',
    message: 'There is no license with this key.',
  }
  const cases: [key: string, verdict: object][] = [
    [mistyped, malformed],
    [`XX${key.slice(2)}`, malformed],
    ['an-unknown-imported-key', unknown],
    ['short', unknown],
    ['', unknown],
    [key.slice(0, -1), unknown],
    [`${key}-`, unknown],
  ]
  for (const [text, verdict] of cases) {
    const { status, headers, body } = await app.validate({ key: text })
    expect({ text, body }).toEqual({ text, body: verdict })
    expect(status).toBe(404)
    expect(headers.get('content-type')).toStartWith('application/json')
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('validate: the checks run in the documented order', async () => {
  await using app = await openTestApp()
  await app.send('PUT', planPath, { require_domain: true, require_fingerprint: true })
  const { id, key } = await app.createLicense({
    expires_at: '2026-03-05T00:00:00Z',
    max_domains: 0,
    max_devices: 0,
  })
  const wrong = { key, product: 'editor', features: ['sso'], domain: 'co.uk', fingerprint: 'f' }
  const errorOf = async (change: object) => (await app.validate({ ...wrong, ...change })).body.error
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  expect(await errorOf({})).toBe('PRODUCT_MISMATCH')
  const product = 'default'
  expect(await errorOf({ product })).toBe('LICENSE_SUSPENDED')
  await app.send('POST', `/api/v1/licenses/${id}/reinstate`)
  expect(await errorOf({ product })).toBe('LICENSE_EXPIRED')
  await app.send('PUT', `/api/v1/licenses/${id}`, { expires_at: null })
  expect(await errorOf({ product })).toBe('FEATURE_NOT_INCLUDED')
  const features: string[] = []
  expect(await errorOf({ product, features })).toBe('DOMAIN_INVALID')
  expect(await errorOf({ product, features, domain: '' })).toBe('DOMAIN_INVALID')
  expect(await errorOf({ product, features, domain: undefined })).toBe('DOMAIN_REQUIRED')
  expect(await errorOf({ product, features, domain: 'a.de' })).toBe('DOMAIN_LIMIT_REACHED')
  await app.send('PUT', `/api/v1/licenses/${id}`, { max_domains: 1 })
  expect(await errorOf({ product, features, domain: 'a.de' })).toBe('DEVICE_LIMIT_REACHED')
  const noDevice = { product, features, domain: 'a.de', fingerprint: undefined }
  expect(await errorOf(noDevice)).toBe('FINGERPRINT_REQUIRED')
  await app.send('PUT', planPath, { activation: 'explicit' })
  expect(await errorOf({ product, features, domain: 'a.de' })).toBe('DOMAIN_NOT_ACTIVATED')
  const development = { product, features, domain: 'localhost' }
  expect(await errorOf(development)).toBe('DEVICE_NOT_ACTIVATED')
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  await app.send('POST', `/api/v1/licenses/${id}/revoke`)
  expect(await errorOf({ product })).toBe('LICENSE_REVOKED')
})

test('validate: a feature is included unless it is missing, false or 0', async () => {
  await using app = await openTestApp()
  const features = { sso: true, chat: false, projects: 0, seats: -1, tier: 'gold', none: '' }
  const { key } = await app.createLicense({ features })
  const included = await app.validate({ key, features: ['sso', 'seats', 'tier'] })
  expect(included.body.valid).toBe(true)
  const requested = ['sso', 'chat', 'projects', 'nope', 'toString', '__proto__']
  expect((await app.validate({ key, features: requested })).body).toEqual({
    valid: false,
    error: 'FEATURE_NOT_INCLUDED',
    message: 'This license does not include chat, projects, nope, toString, __proto__.',
    details: { missing: ['chat', 'projects', 'nope', 'toString', '__proto__'] },
  })
})

test('validate: a refused validation takes no slot, is not counted and activates nothing', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense({ max_devices: 0 })
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  await app.deps.store.flush()
  const before = await app.database.readRows()
  await app.validate({ key, domain: 'a.de' })
  await app.deps.store.flush()
  expect(await app.database.readRows()).toEqual(before)

  await app.send('POST', `/api/v1/licenses/${id}/reinstate`)
  await app.validate({ key, domain: 'a.de', fingerprint: 'f-1' })
  const { body } = await app.send('GET', `/api/v1/licenses/${id}`)
  expect(body).toMatchObject({
    domains: [],
    devices: 0,
    validation_count: 0,
    last_validated_at: null,
    activated_at: null,
  })
  expect(await app.database.readEventTypes()).not.toContain('activation.created')
})

test('validate: license.limit_reached is sent at most once a day', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense({ max_domains: 0 })
  const refuse = async (times: number) => {
    for (let index = 0; index < times; index += 1) await app.validate({ key, domain: 'a.de' })
  }
  await refuse(3)
  app.clock.advanceMs(DAY_MS - 1)
  await refuse(1)
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.limit_reached'])
  app.clock.advanceMs(1)
  await refuse(3)
  const twice = Array(2).fill('license.limit_reached')
  expect(await app.database.readEventTypes()).toEqual(['license.created', ...twice])
})

test('validate: unknown fields in the body are ignored', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const more = { version: '9.1', locale: 'de', nested: { a: [1] }, constructor: 1 }
  expect((await app.validate({ key, ...more })).body.valid).toBe(true)
})

test('validate: a null field is the same as an omitted one', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const names = ['domain', 'fingerprint', 'device_name', 'product', 'features', 'version']
  const nulls = Object.fromEntries(names.map((name) => [name, null]))
  expect((await app.validate({ key, ...nulls })).body).toMatchObject({ valid: true })
  const device = { key, fingerprint: 'machine', domain: null, name: null }
  expect((await app.send('POST', '/api/v1/activate', device)).status).toBe(200)
})

test('validate: an overlong device name or version is cut between characters, not rejected', async () => {
  await using app = await openTestApp()
  const { id, key } = await app.createLicense()
  const texts = { device_name: '🗝'.repeat(5000), version: `${'1'.repeat(63)}👩‍💻` }
  expect((await app.validate({ key, fingerprint: 'f', ...texts })).body.valid).toBe(true)
  const { body: activations } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(activations.data[0].name).toBe('🗝'.repeat(200))
  const { body: usage } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(usage.data[0].version).toBe('1'.repeat(63))
})

test('validate: the documentation lists the error codes in the order of the checks', async () => {
  const page = readFileSync(join(import.meta.dir, '../../../docs/validation.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `([A-Z_]+)`(?! \(404\))/gm)].map(
    ([, word]) => word ?? '',
  )
  expect(documented).toEqual([...checkErrors])
})

test('validate: an invalid body gets 422 with a pointer to the field', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  const wrong: [body: unknown, pointers: string[]][] = [
    [{}, ['/key']],
    [{ key: 5 }, ['/key']],
    [{ key: 'x'.repeat(301) }, ['/key']],
    [{ key, domain: ['a.de'] }, ['/domain']],
    [{ key, domain: 'x'.repeat(4097) }, ['/domain']],
    [{ key, fingerprint: '' }, ['/fingerprint']],
    [{ key, fingerprint: 'x'.repeat(256) }, ['/fingerprint']],
    [{ key, features: 'sso' }, ['/features']],
    [{ key, features: [1] }, ['/features/0']],
  ]
  for (const [body, pointers] of wrong) {
    expectProblem(await app.validate(body), 422, 'validation_failed', pointers)
  }
  for (const body of [null, [], 'key', 7]) {
    expectProblem(await app.validate(JSON.stringify(body)), 422, 'validation_failed', [''])
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})
