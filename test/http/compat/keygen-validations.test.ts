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
const mac = { fingerprint: 'mac-1' }

test('Keygen: a license is presented as a resource of JSON:API, with what the request has asked to repeat', async () => {
  const license = await createLicense({
    expires_at: '2030-01-01T00:00:00Z',
    customer_name: 'Ada',
    metadata: { order: 'A-1', keygen_name: 'Office' },
  })
  const body = { meta: { key: license.key, nonce: 1_574_270_283, scope: { product: 'default' } } }
  const response = await keygen.call('POST', '/licenses/actions/validate-key', null, body)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/vnd.api+json; charset=utf-8')
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const path = `/v1/accounts/acme/licenses/${license.id}`
  expect(response.body).toEqual({
    data: {
      id: license.id,
      type: 'licenses',
      attributes: {
        name: 'Office',
        key: license.key,
        expiry: '2030-01-01T00:00:00.000Z',
        status: 'ACTIVE',
        uses: 0,
        suspended: false,
        scheme: null,
        encrypted: false,
        strict: false,
        floating: true,
        protected: false,
        version: null,
        maxMachines: 5,
        maxProcesses: null,
        maxUsers: null,
        maxCores: null,
        maxUses: null,
        requireHeartbeat: false,
        requireCheckIn: false,
        lastValidated: '2026-03-06T00:00:00.000Z',
        lastCheckIn: null,
        nextCheckIn: null,
        lastCheckOut: null,
        metadata: {},
        created: '2026-03-06T00:00:00.000Z',
        updated: '2026-03-06T00:00:00.000Z',
      },
      relationships: {
        account: { data: { type: 'accounts', id: 'acme' } },
        environment: { data: null },
        product: { data: { type: 'products', id: 'default' } },
        policy: { data: { type: 'policies', id: 'professional' } },
        group: { data: null },
        owner: { data: null },
        user: { data: null },
        machines: { links: { related: `${path}/machines` }, meta: { cores: 0, count: 0 } },
        entitlements: { links: { related: `${path}/entitlements` } },
      },
      links: { self: path },
    },
    meta: {
      ts: '2026-03-06T00:00:00.000Z',
      valid: true,
      detail: 'is valid',
      code: 'VALID',
      constant: 'VALID',
      nonce: 1_574_270_283,
      scope: { product: 'default' },
    },
  })
  expect(await keygen.app.eventTypesOf(license.id)).toEqual([
    'license.created',
    'license.activated',
  ])
})

test('Keygen: an unknown key is NOT_FOUND with status 200 and without data', async () => {
  const { status, body } = await keygen.validateKey('no-such-key-anywhere', mac)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    data: null,
    meta: { valid: false, code: 'NOT_FOUND', detail: 'does not exist', scope: mac },
  })
})

test('Keygen: validations follow the license through activation, suspension, expiry and revocation', async () => {
  const license = await createLicense({ max_devices: 1 })
  expect(await keygen.codeOf(license.key, mac)).toBe('NO_MACHINE')
  expect((await keygen.createMachine(license, mac)).status).toBe(201)
  expect(await keygen.codeOf(license.key, mac)).toBe('VALID')
  expect(await keygen.codeOf(license.key, { fingerprint: 'mac-2' })).toBe(
    'FINGERPRINT_SCOPE_MISMATCH',
  )
  await act(license.id, 'suspend')
  const suspended = await keygen.validateKey(license.key, mac)
  expect(suspended.body.meta).toMatchObject({ valid: false, code: 'SUSPENDED' })
  expect(suspended.body.data.attributes).toMatchObject({ suspended: true, status: 'SUSPENDED' })
  await act(license.id, 'reinstate')
  const put = (body: object) => keygen.app.send('PUT', `/api/v1/licenses/${license.id}`, body)
  await put({ expires_at: '2026-03-05T00:00:00Z' })
  const expired = await keygen.validateKey(license.key, mac)
  expect(expired.body.meta).toMatchObject({ valid: false, code: 'EXPIRED' })
  expect(expired.body.data.attributes.status).toBe('EXPIRED')
  await put({ expires_at: '2026-03-08T00:00:00Z' })
  const expiring = await keygen.validateKey(license.key, mac)
  expect(expiring.body.data.attributes.status).toBe('EXPIRING')
  await act(license.id, 'revoke')
  expect((await keygen.validateKey(license.key, mac)).body).toMatchObject({
    data: null,
    meta: { code: 'NOT_FOUND' },
  })
})

test('Keygen: a validation activates nothing, also of a plan that activates automatically', async () => {
  const license = await createLicense()
  expect(await keygen.codeOf(license.key, mac)).toBe('NO_MACHINES')
  const { body } = await keygen.app.send('GET', `/api/v1/licenses/${license.id}`)
  expect(body.devices).toBe(0)
  expect(await keygen.app.eventTypesOf(license.id)).toEqual(['license.created'])
})

test('Keygen: one of several fingerprints has to be activated', async () => {
  const license = await createLicense()
  await keygen.createMachine(license, mac)
  expect(await keygen.codeOf(license.key, { fingerprints: ['x', 'mac-1', 'y'] })).toBe('VALID')
  expect(await keygen.codeOf(license.key, { fingerprints: ['x', 'y'] })).toBe(
    'FINGERPRINT_SCOPE_MISMATCH',
  )
  expect(await keygen.codeOf(license.key, { fingerprints: [] })).toBe('FINGERPRINT_SCOPE_EMPTY')
})

test('Keygen: a machine in the scope is found by its ID', async () => {
  const license = await createLicense()
  const { body } = await keygen.createMachine(license, mac)
  expect(await keygen.codeOf(license.key, { machine: body.data.id })).toBe('VALID')
  const other = '00000000-0000-4000-8000-000000000000'
  expect(await keygen.codeOf(license.key, { machine: other })).toBe('MACHINE_SCOPE_MISMATCH')
  const both = { machine: body.data.id, fingerprint: 'mac-2' }
  expect(await keygen.codeOf(license.key, both)).toBe('FINGERPRINT_SCOPE_MISMATCH')
})

test.each([
  ['of the product', { product: 'product-1' }, 'VALID'],
  ['of another product', { product: 'product-2' }, 'PRODUCT_SCOPE_MISMATCH'],
  ['of the slug, if there is an ID', { product: 'default' }, 'PRODUCT_SCOPE_MISMATCH'],
  ['of the policy', { policy: 'policy-1' }, 'VALID'],
  ['of another policy', { policy: 'policy-2' }, 'POLICY_SCOPE_MISMATCH'],
  ['of the customer', { user: 'dev@example.com' }, 'VALID'],
  ['of another customer', { user: 'bob@example.com' }, 'USER_SCOPE_MISMATCH'],
  ['of an included feature', { entitlements: ['SSO'] }, 'VALID'],
  ['of a missing feature', { entitlements: ['SSO', 'X'] }, 'ENTITLEMENTS_MISSING'],
  ['of no feature', { entitlements: [] }, 'ENTITLEMENTS_SCOPE_EMPTY'],
  ['of an environment', { environment: 'sandbox' }, 'ENVIRONMENT_SCOPE_MISMATCH'],
])(
  'Keygen: a scope %s is judged by the IDs in the metadata or the features: %o gets %s',
  async (_title, scope, code) => {
    const license = await createLicense({
      features: { SSO: true, keygen_policy_id: 'policy-1' },
      metadata: { keygen_product_id: 'product-1' },
    })
    expect(await keygen.codeOf(license.key, scope)).toBe(code)
  },
)

test('Keygen: an imported license has the IDs, the name and, if the vendor wants it, the metadata of Keygen', async () => {
  const id = '00000000-0000-4000-8000-000000000001'
  const license = await createLicense({
    key: '6B0B38-F0F4-4FA4-BF58-4CE7D2-V3',
    metadata: {
      seats: 3,
      keygen_license_id: id,
      keygen_show_metadata: true,
      keygen_account_id: 'account-1',
      keygen_user_id: 'user-1',
      keygen_scheme: 'ED25519_SIGN',
    },
  })
  const { data } = (await keygen.validateKey(license.key)).body
  expect(data.id).toBe(id)
  expect(data.attributes).toMatchObject({ metadata: { seats: 3 }, scheme: 'ED25519_SIGN' })
  expect(data.relationships.account.data.id).toBe('account-1')
  expect(data.relationships.owner.data.id).toBe('user-1')
  for (const name of [id, license.id, license.key]) {
    const path = `/licenses/${name}/actions/validate`
    const { body } = await keygen.call('POST', path, license.key)
    expect(body.meta.code).toBe('VALID')
  }
})

test('Keygen: validations are counted as usage, with the verdict, the fingerprint and the version', async () => {
  const license = await createLicense()
  await keygen.validateKey(license.key, { ...mac, version: '1.2.3' })
  await keygen.validateKey(license.key, { product: 'other' })
  await keygen.validateKey(license.key)
  const { body } = await keygen.app.send('GET', `/api/v1/licenses/${license.id}/usage`)
  expect(body.summary).toMatchObject({
    valid: 1,
    refused: 2,
    by_error: { DEVICE_NOT_ACTIVATED: 1, PRODUCT_MISMATCH: 1 },
  })
  expect(body.data.map(({ version }: { version: string | null }) => version)).toContain('1.2.3')
})

test('Keygen: a license whose term starts with the first use has an expiry from then on', async () => {
  const plan = { slug: 'trial', product: 'default', name: 'Trial', duration_days: 14 }
  await keygen.app.send('POST', '/api/v1/plans', { ...plan, starts_on: 'first_validation' })
  const license = await createLicense({ plan: 'trial' })
  const { data } = (await keygen.validateKey(license.key)).body
  expect(data.attributes.expiry).toBe('2026-03-20T00:00:00.000Z')
})

test('Keygen: a malformed body gets 400 with a pointer, and invalid JSON its own code', async () => {
  const path = '/licenses/actions/validate-key'
  const missing = await keygen.call('POST', path, null, { meta: {} })
  expect(missing.status).toBe(400)
  expect(missing.body).toMatchObject({
    meta: { id: missing.headers.get('x-request-id') },
    errors: [{ title: 'Bad request', detail: 'is missing', source: { pointer: '/meta/key' } }],
  })
  const broken = await keygen.call('POST', path, null, '{"meta":')
  expect(broken.status).toBe(400)
  expect(broken.body.errors).toMatchObject([{ title: 'Bad request', code: 'JSON_INVALID' }])
  const large = await keygen.call('POST', path, null, { meta: { key: 'x'.repeat(70_000) } })
  expect(large.status).toBe(413)
  expect(large.body.errors).toHaveLength(1)
})

test('Keygen: an address that guesses keys gets 429, and a valid key works on', async () => {
  await using guessed = {
    ...(await openKeygenApp()),
    [Symbol.asyncDispose]: () => guessed.app.close(),
  }
  const { key } = await guessed.app.createLicense()
  for (let count = 0; count < 30; count += 1) {
    expect(await guessed.codeOf(`no-such-key-number-${count}`)).toBe('NOT_FOUND')
  }
  const refused = await guessed.validateKey('no-such-key-number-30')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('60')
  expect(refused.body.errors).toMatchObject([{ code: 'TOO_MANY_REQUESTS' }])
  expect((await guessed.call('GET', '/me', 'no-such-key-number-31')).status).toBe(429)
  expect(await guessed.codeOf(key)).toBe('VALID')
})
