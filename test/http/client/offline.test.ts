import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import {
  formatRequestCode,
  type OfflineApp,
  openOfflineApp,
  readFile,
  returnCodeOf,
} from '../../support/offline.ts'
import { expectProblem, expectRefusal } from '../../support/problems.ts'

const DAY_MS = 86_400_000

const fileCount = async (app: OfflineApp) => (await app.files()).length

test('offline: a request code gets a signed file for its device, which takes a slot', async () => {
  await using app = await openOfflineApp({ features: { sso: true }, offline: { file_days: 30 } })
  const nonce = 'a_nonce-of-64'.padEnd(64, 'x')
  const { status, body } = await app.activate('Mächine 7', { name: ' Lab\nPC ', nonce })
  expect(status).toBe(200)
  const [activation] = await app.activations()
  expect(activation).toMatchObject({ kind: 'device', value: 'Mächine 7', name: 'Lab PC' })
  const { file, ...facts } = body
  expect(facts).toEqual({
    id: expect.stringMatching(/^[\w-]{22}$/),
    expires_at: '2026-04-05T00:00:00Z',
    fingerprint_bound: true,
    domains: [],
    activations: [activation.id],
  })
  const now = app.clock.nowMs() / 1000
  const exp = now + 30 * 86_400
  expect(readFile(app, file)).toEqual({
    iss: 'licet',
    jti: body.id,
    iat: now,
    nbf: now - 300,
    exp,
    aud: 'default',
    sub: app.id,
    valid: true,
    plan: 'sold',
    features: { sso: true },
    warnings: [],
    fp: createHash('sha256').update('Mächine 7').digest('base64url'),
    dom: null,
    act: [activation.id],
    sea: null,
    end: null,
    rfa: exp,
    vld: exp,
    rev: 0,
    non: nonce,
    req: null,
    ret: expect.stringMatching(/^[\w-]{22}$/),
  })
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created', 'activation.created'])
  expect(await app.verdict({ fingerprint: 'Mächine 7' })).toBe('VALID')
})

test('offline: the same request repeated gets a file for the same activation and no second slot', async () => {
  await using app = await openOfflineApp({ max_devices: 1 })
  const first = await app.activate('machine')
  app.clock.advanceMs(DAY_MS)
  const second = await app.activate('machine')
  expect(second.body.activations).toEqual(first.body.activations)
  expect(second.body.id).not.toBe(first.body.id)
  expect(await app.license()).toMatchObject({ devices: 1 })
  expect(await app.eventTypesOf(app.id)).toEqual(['license.created', 'activation.created'])
  expect(await fileCount(app)).toBe(2)
})

test('offline: of 50 devices that ask for one slot at once, exactly one gets a file', async () => {
  await using app = await openOfflineApp({ max_devices: 1 })
  const devices = Array.from({ length: 50 }, (_, index) => `machine-${index}`)
  const answers = await Promise.all(devices.map((device) => app.activate(device)))
  const [granted, ...others] = answers.filter(({ status }) => status === 200)
  expect(others).toEqual([])
  expect(granted?.body.file).toContain('BEGIN LICET LICENSE')
  const refused = answers.filter(({ status }) => status !== 200)
  for (const answer of refused) {
    expectRefusal(answer, 'DEVICE_LIMIT_REACHED', { limit: 1, used: 1 })
  }
  expect(await fileCount(app)).toBe(1)
  expect(await app.activations()).toHaveLength(1)
  expect(await app.eventTypesOf(app.id)).toEqual([
    'license.created',
    'activation.created',
    'license.limit_reached',
  ])
})

test.each([
  ['empty', '', 'starts with LQ1.'],
  ['a license key', 'TO-7Q4M-X0ZD-9KTB-2F17', 'starts with LQ1.'],
  ['cut off', formatRequestCode({ key: 'x'.repeat(16), fp: 'm' }).slice(0, -5), 'Copy it again'],
  ['of another version', formatRequestCode({ v: 2, key: 'k', fp: 'm' }), 'Update the server'],
  ['without a key', formatRequestCode({ fp: 'm' }), 'Create a new one'],
  ['without a fingerprint', formatRequestCode({ key: 'k' }), 'Create a new one'],
  ['with a blank fingerprint', formatRequestCode({ key: 'k', fp: ' ' }), 'Create a new one'],
  ['with a long fingerprint', formatRequestCode({ key: 'k', fp: 'x'.repeat(256) }), 'fp: '],
  ['with a short nonce', formatRequestCode({ key: 'k', fp: 'm', nonce: 'short' }), 'nonce: '],
  ['a list', `LQ1.${Buffer.from('[]').toString('base64url')}`, 'Create a new one'],
  ['of 9000 characters', `LQ1.${'A'.repeat(9000)}`, 'at most 8192 characters'],
])(
  'offline: a request code that is %s gets 422 that says what to do',
  async (_name, request, words) => {
    await using app = await openOfflineApp()
    const answer = await app.post('offline/activate', { request })
    expectProblem(answer, 422, 'validation_failed', ['/request'])
    expect(answer.body.errors[0].detail).toContain(words)
    expect(await app.activations()).toEqual([])
  },
)

test('offline: a request of more than 64 KiB gets 413, and one without a code 422', async () => {
  await using app = await openOfflineApp()
  const huge = await app.post('offline/activate', { request: `LQ1.${'A'.repeat(70_000)}` })
  expectProblem(huge, 413, 'payload_too_large')
  const missing = await app.post('offline/activate', { key: app.key, fingerprint: 'machine' })
  expectProblem(missing, 422, 'validation_failed', ['/request'])
})

test('offline: a request for another product, or with an unknown key, takes nothing', async () => {
  await using app = await openOfflineApp()
  expectRefusal(await app.activate('machine', { product: 'other' }), 'PRODUCT_MISMATCH')
  const unknown = await app.activate('machine', { key: 'an-unknown-imported-key' })
  expectRefusal(unknown, 'LICENSE_NOT_FOUND', undefined, 404)
  const mistyped = await app.activate('machine', { key: 'TO-7Q4M-X0ZD-9KTB-2FWZ' })
  expectRefusal(mistyped, 'LICENSE_KEY_MALFORMED', undefined, 404)
  expect(await app.activations()).toEqual([])
  expect((await app.activate('machine', { product: 'default' })).status).toBe(200)
})

test('offline: unknown keys are rate limited, and a valid one is not', async () => {
  await using app = await openOfflineApp()
  for (let index = 0; index < 30; index += 1) {
    const guess = await app.activate('machine', { key: `an-unknown-imported-key-${index}` })
    expect(guess.status).toBe(404)
  }
  const limited = await app.activate('machine', { key: 'an-unknown-imported-key' })
  expectProblem(limited, 429, 'rate_limited')
  expect((await app.activate('machine')).status).toBe(200)
})

test.each([
  ['suspended', 'LICENSE_SUSPENDED', (app: OfflineApp) => app.manage('POST', '/suspend')],
  ['revoked', 'LICENSE_REVOKED', (app: OfflineApp) => app.manage('POST', '/revoke')],
  [
    'expired',
    'LICENSE_EXPIRED',
    async (app: OfflineApp) => {
      await app.manage('PUT', '', { expires_at: '2026-03-07T00:00:00Z' })
      app.clock.advanceMs(DAY_MS)
    },
  ],
] as const)(
  'offline: a %s license gets no file, and its device takes no slot',
  async (_status, code, change) => {
    await using app = await openOfflineApp()
    await change(app)
    const events = await app.eventTypesOf(app.id)
    const refused = await app.activate('machine')
    expect([refused.status, refused.body.code]).toEqual([409, code])
    expect([await app.activations(), await app.files()]).toEqual([[], []])
    expect(await app.eventTypesOf(app.id)).toEqual(events)
  },
)

test('offline: a plan without offline use, or that needs a domain, gives a device no file', async () => {
  await using without = await openOfflineApp({ offline: null })
  expectRefusal(await without.activate('machine'), 'OFFLINE_NOT_ALLOWED')
  await using bound = await openOfflineApp({ require_domain: true })
  expectRefusal(await bound.activate('machine'), 'DOMAIN_REQUIRED')
  for (const app of [without, bound]) expect(await app.activations()).toEqual([])
})

test('offline: a file starts a term that waits for the first validation', async () => {
  await using app = await openOfflineApp({ starts_on: 'first_validation', duration_days: 10 })
  app.clock.advanceMs(DAY_MS)
  const { body } = await app.activate('machine')
  expect(body.expires_at).toBe('2026-03-17T00:00:00Z')
  expect(await app.license()).toMatchObject({ expires_at: '2026-03-17T00:00:00Z' })
  app.clock.advanceMs(DAY_MS)
  expect((await app.activate('machine')).body.expires_at).toBe('2026-03-17T00:00:00Z')
  expect(await app.verdict({ fingerprint: 'machine' })).toBe('VALID')
  const types = await app.eventTypesOf(app.id)
  expect(types.filter((type) => type === 'license.activated')).toHaveLength(1)
})

test('offline: a file ends with the grace period of its license at the latest', async () => {
  await using app = await openOfflineApp({ duration_days: 20, grace_days: 5 })
  const { body } = await app.activate('machine')
  expect(body.expires_at).toBe('2026-03-31T00:00:00Z')
  const { exp, end, rfa, vld } = readFile(app, body.file)
  expect([exp, end, rfa, vld]).toEqual(Array(4).fill(Date.parse(body.expires_at) / 1000))
  app.clock.advanceMs(21 * DAY_MS)
  const inGrace = await app.activate('machine')
  expect(inGrace.body.expires_at).toBe('2026-03-31T00:00:00Z')
  expect(readFile(app, inGrace.body.file).warnings).toEqual(['IN_GRACE'])
})

test('offline: a perpetual license whose plan allows it gets a file that never ends', async () => {
  await using app = await openOfflineApp({ offline: { file_days: null } })
  const { body } = await app.activate('machine')
  expect(body.expires_at).toBeNull()
  expect(readFile(app, body.file).exp).toBe(253_402_300_799)
})

test('offline: a license gets at most 100 files within an hour', async () => {
  await using app = await openOfflineApp()
  for (let count = 0; count < 100; count += 1) {
    expect((await app.activate('machine')).status).toBe(200)
  }
  const refused = await app.activate('machine')
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.headers.get('retry-after')).toBe('3600')
  app.clock.advanceMs(3_600_000)
  expect((await app.activate('machine')).status).toBe(200)
})

test('offline: a return code frees the slot, voids the file and changes nothing when repeated', async () => {
  await using app = await openOfflineApp({ max_devices: 1, deactivations_max_per_30_days: 1 })
  const { body: issued } = await app.activate('machine')
  app.clock.advanceMs(DAY_MS + 1)
  const code = returnCodeOf(app, issued.file)
  const returned = await app.giveBack(` ${code.toLowerCase().replace('-', ' – ')} `)
  expect(returned.status).toBe(200)
  const { file: _text, ...facts } = issued
  expect(returned.body).toEqual({
    ...facts,
    issued_at: '2026-03-06T00:00:00Z',
    returned_at: '2026-03-07T00:00:00Z',
  })
  expect(await app.activations()).toEqual([])
  const types = ['license.created', 'activation.created', 'activation.deleted']
  expect(await app.eventTypesOf(app.id)).toEqual(types)

  app.clock.advanceMs(DAY_MS)
  expect((await app.giveBack(code)).body).toEqual(returned.body)
  expect(await app.eventTypesOf(app.id)).toEqual(types)
  expect(await app.files()).toEqual([returned.body])
  expect((await app.activate('another machine')).status).toBe(200)
  // The code of the former file does not free the slot of the new one.
  expect((await app.giveBack(code)).body).toEqual(returned.body)
  expect(await app.activations()).toHaveLength(1)
})

test('offline: the codes of two files for one device free its slot once', async () => {
  await using app = await openOfflineApp({ deactivations_max_per_30_days: 1 })
  const files = [await app.activate('machine'), await app.activate('machine')]
  for (const { body } of files) {
    const { status } = await app.giveBack(returnCodeOf(app, body.file))
    expect(status).toBe(200)
  }
  const types = ['license.created', 'activation.created', 'activation.deleted']
  expect(await app.eventTypesOf(app.id)).toEqual(types)
  // Nor does the second one free the slot of a device that was activated again since.
  const { body } = await app.activate('machine')
  expect((await app.giveBack(returnCodeOf(app, files[1]?.body.file))).status).toBe(200)
  expect((await app.activations())[0].id).toBe(body.activations[0])
})

test('offline: a return code that arrives 20 times at once counts as one deactivation', async () => {
  await using app = await openOfflineApp({ deactivations_max_per_30_days: 2 })
  const { body } = await app.activate('machine')
  const code = returnCodeOf(app, body.file)
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.giveBack(code)))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  const deleted = (await app.eventTypesOf(app.id)).filter((type) => type === 'activation.deleted')
  expect(deleted).toHaveLength(1)
  await app.callWithKey('activate', { fingerprint: 'second' })
  expect((await app.callWithKey('deactivate', { fingerprint: 'second' })).status).toBe(200)
})

test('offline: a wrong return code, or that of another license, gets 404 and is rate limited', async () => {
  await using app = await openOfflineApp()
  const { body: own } = await app.activate('machine')
  const other = await app.createLicense({ plan: 'sold' })
  const foreign = await app.activate('machine', { key: other.key })
  const foreignCode = returnCodeOf(app, foreign.body.file)
  for (const code of ['00000-00000', foreignCode]) {
    const refused = await app.giveBack(code)
    expectRefusal(refused, 'RETURN_CODE_UNKNOWN', undefined, 404)
  }
  for (let count = 2; count < 30; count += 1) await app.giveBack('00000-00000')
  expectProblem(await app.giveBack('00000-00000'), 429, 'rate_limited')
  expect(await app.activations()).toHaveLength(1)
  expect((await app.giveBack(returnCodeOf(app, own.file))).status).toBe(200)
})

test('offline: a return with a malformed code or without a key gets 422 that names the field', async () => {
  await using app = await openOfflineApp()
  for (const code of ['', '12345', '12345-6789U', 'x'.repeat(101)]) {
    const refused = await app.giveBack(code)
    expectProblem(refused, 422, 'validation_failed', ['/code'])
  }
  const keyless = await app.post('offline/deactivate', { code: '00000-00000' })
  expectProblem(keyless, 422, 'validation_failed', ['/key'])
  const unknown = { key: 'an-unknown-imported-key', code: '00000-00000' }
  const answer = await app.post('offline/deactivate', unknown)
  expectRefusal(answer, 'LICENSE_NOT_FOUND', undefined, 404)
})

test('offline: a return is refused where the plan refuses deactivations', async () => {
  await using app = await openOfflineApp({ self_deactivation: false })
  const { body } = await app.activate('machine')
  const code = returnCodeOf(app, body.file)
  expectRefusal(await app.giveBack(code), 'SELF_DEACTIVATION_DISABLED', undefined, 403)
  await app.send('PUT', '/api/v1/plans/sold', {
    self_deactivation: true,
    deactivations_max_per_30_days: 1,
  })
  await app.callWithKey('activate', { fingerprint: 'second' })
  await app.callWithKey('deactivate', { fingerprint: 'second' })
  const details = { limit: 1, used: 1, nextAt: '2026-04-05T00:00:00Z' }
  expectRefusal(await app.giveBack(code), 'DEACTIVATION_LIMIT_REACHED', details)
  expect(await app.activations()).toHaveLength(1)
  expect((await app.files())[0].returned_at).toBeNull()
  app.clock.advanceMs(30 * DAY_MS)
  expect((await app.giveBack(code)).status).toBe(200)
})

test('offline: a file with several slots is given back with all of them or none', async () => {
  await using app = await openOfflineApp({ deactivations_max_per_30_days: 2 })
  const { body } = await app.file({ fingerprint: 'machine', domains: ['a.io', 'b.io'] })
  const code = returnCodeOf(app, body.file)
  const refused = await app.giveBack(code)
  expect([refused.status, refused.body.code]).toEqual([409, 'DEACTIVATION_LIMIT_REACHED'])
  expect(await app.activations()).toHaveLength(3)
  expect(await app.eventTypesOf(app.id)).not.toContain('activation.deleted')
  await app.send('PUT', '/api/v1/plans/sold', { deactivations_max_per_30_days: 3 })
  expect((await app.giveBack(code)).status).toBe(200)
  expect(await app.activations()).toEqual([])
})

test('offline: giving back a file whose device the vendor has removed counts no deactivation', async () => {
  await using app = await openOfflineApp({ deactivations_max_per_30_days: 0 })
  const { body } = await app.activate('machine')
  await app.manage('DELETE', `/activations/${body.activations[0]}`)
  expect((await app.giveBack(returnCodeOf(app, body.file))).status).toBe(200)
  expect((await app.files())[0].returned_at).not.toBeNull()
})

test('offline: the file of a revoked license cannot be given back, that of a suspended one can', async () => {
  await using app = await openOfflineApp()
  const files = [await app.activate('one'), await app.activate('two')]
  const [one = '', two = ''] = files.map(({ body }) => returnCodeOf(app, body.file))
  await app.manage('POST', '/suspend')
  expect((await app.giveBack(one)).status).toBe(200)
  await app.manage('POST', '/revoke')
  expectRefusal(await app.giveBack(two), 'LICENSE_REVOKED')
})

test('offline: the log contains no key, fingerprint, code or file', async () => {
  await using app = await openOfflineApp()
  const request = formatRequestCode({ key: app.key, fp: 'a-secret-machine' })
  const { body } = await app.post('offline/activate', { request })
  await app.post('offline/activate', { request: `${request}A` })
  const code = returnCodeOf(app, body.file)
  await app.giveBack(code)
  await app.giveBack('00000-00000')
  const log = app.logLines.join('')
  expect(log).toContain('/api/v1/offline/deactivate')
  const [, line = ''] = body.file.split('\n')
  for (const secret of [app.key, 'a-secret-machine', request.slice(4, 40), code, line, body.id]) {
    expect(log).not.toContain(secret)
  }
})

test('offline: the revocation feed has the activations of a file that was given back', async () => {
  await using app = await openOfflineApp()
  const readFeed = () => app.deps.store.revocations.list(0, 100)
  const { body } = await app.file({ fingerprint: 'machine', domains: ['a.io'] })
  expect(await readFeed()).toEqual([])
  app.clock.advanceMs(1)
  expect((await app.giveBack(returnCodeOf(app, body.file))).status).toBe(200)
  const entries = await readFeed()
  expect(entries.map(({ id }) => id).sort()).toEqual(body.activations.toSorted())
  const { iat } = readFile(app, body.file)
  expect(entries.map(({ beforeMs }) => beforeMs)).toEqual(Array(2).fill((iat + 6) * 1000))
  await app.giveBack(returnCodeOf(app, body.file))
  expect(await readFeed()).toEqual(entries)
})

test('offline: a device with a license file keeps its slot, however long it is not seen, until the file ends', async () => {
  await using app = await openOfflineApp({
    max_devices: 1,
    evict_idle_days: 30,
    offline: { file_days: 60 },
  })
  await app.activate('air-gapped')
  app.clock.advanceMs(60 * DAY_MS)
  expect(await app.verdict({ fingerprint: 'newcomer' })).toBe('DEVICE_LIMIT_REACHED')
  expectRefusal(await app.activate('newcomer'), 'DEVICE_LIMIT_REACHED', { limit: 1, used: 1 })
  app.clock.advanceMs(30 * DAY_MS)
  expect(await app.verdict({ fingerprint: 'newcomer' })).toBe('VALID')
  const values = (await app.activations()).map(({ value }: { value: string }) => value)
  expect(values).toEqual(['newcomer'])
})

test('offline: a device whose license file was returned makes room at once', async () => {
  await using app = await openOfflineApp({ max_devices: 1, evict_idle_days: 30 })
  const { body } = await app.activate('air-gapped')
  await app.giveBack(returnCodeOf(app, body.file))
  expect(await app.verdict({ fingerprint: 'newcomer' })).toBe('VALID')
})
