import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { readUntil } from '../support/noticing.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
let server: ServerProcess

beforeAll(async () => {
  server = await startServer(sandbox)
  const plan = { product: 'default', name: 'Yearly' }
  const yearly = { ...plan, slug: 'yearly', duration_days: 365, max_domains: 1 }
  expect((await server.send('POST', '/api/v1/plans', yearly)).status).toBe(201)
  await createOverHttp({ external_ref: 'W-1' })
  const perpetual = { plan: 'enterprise', key: 'AN-IMPORTED-KEY-P' }
  await createOverHttp(perpetual)
  const expiring = { expires_at: '2099-01-01T00:00:00Z', key: 'AN-IMPORTED-KEY-W' }
  await createOverHttp({ ...perpetual, ...expiring })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

const licenses = (...args: string[]) => runLicet(sandbox, ['licenses', ...args])

async function createOverHttp(fields: object = {}) {
  const body = { plan: 'yearly', customer_email: 'dev@example.com', ...fields }
  return (await server.send('POST', '/api/v1/licenses', body)).body
}

const getOverHttp = async (id: string) => (await server.send('GET', `/api/v1/licenses/${id}`)).body

async function eventTypesOf(id: string): Promise<string[]> {
  const { body } = await server.send('GET', `/api/v1/licenses/${id}/events`)
  return body.data.map(({ type }: { type: string }) => type).reverse()
}

const validate = async (key: string) =>
  (await server.send('POST', '/api/v1/validate', { key })).body

function auditOf(id: string) {
  using db = new Database(databasePath(sandbox.at('data')), { readonly: true })
  return db.query('SELECT actor, action FROM audit WHERE subject_id = ? ORDER BY rowid').all(id)
}

/** Replaces the last symbol of the body, so that the check symbols no longer match. */
const mistype = (key: string) => key.slice(0, -3) + (key.at(-3) === '7' ? '8' : '7') + key.slice(-2)

test('licenses create: the key that it prints is valid on the running server', async () => {
  const facts = [
    '--name',
    'Ada',
    '--reference',
    'A-1',
    '--max-domains',
    'none',
    '--domain',
    'a.com',
  ]
  const maps = ['--feature', 'sso=true', '--feature', 'projects=10', '--metadata', 'order=007']
  const end = ['--expires-at', '2099-01-01T00:00:00Z']
  const args = ['--plan', 'yearly', '--email', 'Ada@Example.com', ...facts, ...maps, ...end]
  const { code, stdout, stderr } = await licenses('create', ...args)
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^Created license lic_\w+ \(yearly, ada@example\.com\):\n$/),
  })
  expect(stdout).toMatch(/^TO(-[0-9A-Z]{4}){4}\n$/)
  const { valid, license } = await validate(stdout.trim())
  expect(valid).toBe(true)
  expect(await getOverHttp(license.id)).toMatchObject({
    key: stdout.trim(),
    customer_email: 'ada@example.com',
    customer_name: 'Ada',
    external_ref: 'A-1',
    max_domains: null,
    domains: ['a.com'],
    features: { sso: true, projects: 10 },
    metadata: { order: '007' },
    expires_at: '2099-01-01T00:00:00Z',
  })
  expect((await eventTypesOf(license.id)).slice(0, 2)).toEqual([
    'license.created',
    'activation.created',
  ])
  expect(auditOf(license.id)).toContainEqual({ actor: 'command:shell', action: 'license.create' })
})

test('licenses create: --json prints what the API returns, a list with --quantity', async () => {
  const order = ['create', '--plan', 'yearly', '--email', 'json@example.com', '--json']
  const [one, two] = await Promise.all([
    licenses(...order, '--expires-at', 'never'),
    licenses(...order, '--quantity', '2'),
  ])
  const license = JSON.parse(one.stdout)
  expect(license.expires_at).toBeNull()
  expect(license).toEqual(await getOverHttp(license.id))
  const { data } = JSON.parse(two.stdout)
  expect(data).toEqual(await Promise.all(data.map(({ id }: { id: string }) => getOverHttp(id))))
  expect(data).toHaveLength(2)
})

test('licenses create: with --reuse, a repeated order gets the same license, with its key masked', async () => {
  const { id, key } = await createOverHttp({ external_ref: 'R-1' })
  const order = ['--plan', 'yearly', '--email', 'dev@example.com', '--reference', 'R-1', '--reuse']
  const again = await licenses('create', ...order)
  expect(again.stderr).toStartWith(`Found license ${id}`)
  expect(again.stdout).toBe(`TO-****-****-****-${key.slice(-4)}\n`)
  expect(await eventTypesOf(id)).toEqual(['license.created'])
})

test('licenses suspend and reinstate: validations of the running server see the change', async () => {
  const { id, key } = await createOverHttp()
  const becomes = (valid: boolean) =>
    readUntil(
      () => validate(key),
      (verdict) => verdict.valid === valid,
    )
  expect((await validate(key)).valid).toBe(true)

  const suspended = await licenses('suspend', id, '--reason', 'chargeback')
  expect(await becomes(false)).toMatchObject({ valid: false, error: 'LICENSE_SUSPENDED' })
  expect(suspended).toMatchObject({ code: 0, stderr: '' })
  expect(suspended.stdout).toStartWith(`Suspended ${id} (dev@example.com`)
  expect(await getOverHttp(id)).toMatchObject({
    status: 'suspended',
    suspension_reason: 'chargeback',
    suspension_cause: 'operator',
  })

  const again = await licenses('suspend', id)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('is suspended.') })

  const reinstated = await licenses('reinstate', key, '--json')
  expect(await becomes(true)).toMatchObject({ valid: true })
  expect(JSON.parse(reinstated.stdout)).toMatchObject({
    id,
    status: 'active',
    key: `TO-****-****-****-${key.slice(-4)}`,
  })
  expect((await eventTypesOf(id)).filter((type) => type !== 'license.activated')).toEqual([
    'license.created',
    'license.suspended',
    'license.reinstated',
  ])
  expect(auditOf(id).slice(-2)).toEqual([
    { actor: 'command:shell', action: 'license.update' },
    { actor: 'command:shell', action: 'license.update' },
  ])
})

test('licenses renew and revoke: a renewal extends the license, and a revocation is final', async () => {
  const { id } = await createOverHttp({ expires_at: '2090-01-01T00:00:00Z' })
  expect((await licenses('renew', id, '--days', '31')).code).toBe(0)
  expect(await getOverHttp(id)).toMatchObject({ expires_at: '2090-02-01T00:00:00Z' })
  expect((await licenses('renew', id, '--expires-at', '2095-01-01T00:00:00Z')).code).toBe(0)
  expect(await getOverHttp(id)).toMatchObject({ expires_at: '2095-01-01T00:00:00Z' })
  expect((await licenses('revoke', id, '--reason', 'refund')).stdout).toStartWith(`Revoked ${id}`)
  expect(await getOverHttp(id)).toMatchObject({ status: 'revoked' })

  const late = await licenses('reinstate', id)
  expect(late).toMatchObject({ code: 1, stdout: '' })
  expect(late.stderr).toStartWith('This license was revoked, which is final')
  const renewed = 'license.renewed'
  expect(await eventTypesOf(id)).toEqual(['license.created', renewed, renewed, 'license.revoked'])
})

test('licenses show: keys are masked unless --reveal is given, and --json equals the API', async () => {
  const { id, key } = await createOverHttp({ external_ref: 'S-1' })
  const [masked, revealed, json] = await Promise.all([
    licenses('show', id),
    licenses('show', key.toLowerCase(), '--reveal'),
    licenses('show', id, '--reveal', '--json'),
  ])
  expect(masked.stdout).toContain(`TO-****-****-****-${key.slice(-4)}`)
  expect(masked.stdout).toMatch(/^Reference +S-1$/m)
  expect(masked.stdout).not.toContain(key)
  expect(revealed.stdout).toContain(key)
  expect(JSON.parse(json.stdout)).toEqual(await getOverHttp(id))
})

test('licenses: a key is read from standard input, so that it need not be in the history of the shell', async () => {
  const { id, key } = await createOverHttp()
  const pipe = async (text: string, ...args: string[]) => {
    const launch = { cwd: sandbox.path, shell: `printf '%s' '${text}' |` }
    return runLicet(launch, ['licenses', ...args])
  }
  for (const command of ['show', 'find', 'explain', 'suspend', 'reinstate']) {
    const { code, stdout } = await pipe(`\n${key}\nnot read`, command, '-')
    expect([command, code, stdout]).toEqual([command, 0, expect.stringContaining(id)])
  }
  const order = ['--plan', 'yearly', '--email', 'dev@example.com', '--key', '-']
  expect((await pipe('IMPORTED-BY-STDIN-1\n', 'create', ...order)).stdout).toBe(
    'IMPORTED-BY-STDIN-1\n',
  )
  expect(await pipe('', 'show', '-')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no text on standard input.\n',
  })
})

describe('licenses find', () => {
  const order = {
    customer_email: 'finder@found.org',
    customer_name: 'Zoë Byron',
    external_ref: 'F-1',
  }
  let license: { id: string; key: string }
  beforeAll(async () => {
    license = await createOverHttp({ ...order, domains: ['shop.found.net'] })
  })

  test.each([
    ['a key in any form', () => ` ${license.key.replaceAll('-', '').toLowerCase()}`, 'key'],
    ['an id', () => license.id, 'id'],
    ['an email address', () => 'Finder@Found.org', 'email'],
    ['a reference', () => 'F-1', 'reference'],
    ['an activated domain', () => 'https://shop.found.net/cart', 'domain'],
    ['the domain of its address', () => 'found.org', 'email_domain'],
    ['a word of a name', () => 'BYRON', 'name'],
    ['a mistyped key', () => mistype(license.key), 'mistyped_key'],
  ])('licenses find: finds %s', async (_, text, reading) => {
    const { code, stdout } = await licenses('find', text(), '--json')
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ reading, data: [{ license: { id: license.id } }] })
    expect(found.data).toHaveLength(1)
    expect(stdout).not.toContain(license.key)
    expect(code).toBe(0)
  })

  test('licenses find: says that a key is mistyped, and lists the license with a similar key', async () => {
    const { code, stdout, stderr } = await licenses('find', mistype(license.key))
    expect(stderr).toBe('This license key is mistyped. These licenses have a similar one:\n')
    expect(stdout).toContain(license.id)
    expect(code).toBe(0)
  })

  test('licenses find: exits with 1 if nothing matches', async () => {
    expect(await licenses('find', 'nobody@nowhere.org')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No license matches nobody@nowhere.org.\n',
    })
  })
})

test('licenses explain: lists every check like the API, and changes nothing', async () => {
  const { id } = await createOverHttp({ domains: ['one.com'] })
  const [lines, json] = await Promise.all([
    licenses('explain', id, '--domain', 'two.com'),
    licenses('explain', id, '--domain', 'two.com', '--json'),
  ])
  expect(lines.stdout).toStartWith(`Invalid (DOMAIN_LIMIT_REACHED): ${id}\n`)
  expect(lines.stdout).toMatch(/^FAIL {2}domain +two\.com is not activated/m)
  const { body } = await server.send('GET', `/api/v1/licenses/${id}/explain?domain=two.com`)
  expect(JSON.parse(json.stdout)).toEqual(body)
  expect(await eventTypesOf(id)).toEqual(['license.created', 'activation.created'])
  expect(lines.code).toBe(0)
})

test.each([
  [['create', '--plan', 'yearly'], 2, "required option '--email"],
  [['create', '--plan', 'yearly', '--email', 'x'], 2, 'An email address such as dev@example.com'],
  [['create', '--plan', 'none', '--email', 'a@b.co'], 1, 'There is no plan none.'],
  [
    ['create', '--plan', 'yearly', '--email', 'a@b.co', '--max-seats', '-1'],
    2,
    'An integer of 0 or more',
  ],
  [
    ['create', '--plan', 'yearly', '--email', 'dev@example.com', '--reuse'],
    2,
    "'--reuse' needs option '--reference <text>'",
  ],
  [
    [
      'create',
      ...['--plan', 'yearly', '--email', 'dev@example.com', '--quantity', '2'],
      ...['--key', 'AN-IMPORTED-KEY-1'],
    ],
    2,
    'cannot be used',
  ],
  [['renew', 'lic_1', '--days', '0'], 2, 'Days to add'],
  [['renew', 'lic_1', '--days', '1', '--expires-at', '2099-01-01T00:00:00Z'], 2, 'cannot be used'],
  [
    ['create', '--plan', 'yearly', '--email', 'x@y.co', '--reference', 'W-1', '--reuse'],
    1,
    'has this reference and belongs to another email address. Use another reference.',
  ],
  [
    [
      ...['create', '--plan', 'yearly', '--email', 'dev@example.com', '--quantity', '2'],
      ...['--reference', 'W-1', '--reuse'],
    ],
    1,
    '1 license has this reference, but the command asks for 2. Create the others with a reference',
  ],
  [
    ['create', '--plan', 'yearly', '--email', 'x@y.co', '--domain', 'a.io', '--domain', 'b.io'],
    1,
    'The limit is 1 domain. Use fewer, or raise --max-domains.',
  ],
  [
    ['renew', 'AN-IMPORTED-KEY-W'],
    1,
    'The plan enterprise has no duration. Use --days or --expires-at.',
  ],
  [['renew', 'AN-IMPORTED-KEY-P'], 1, 'Give it an expiration through the API first.'],
  [['suspend', 'lic_1', '--reason', 'x'.repeat(501)], 2, 'The reason, up to 500 characters.\n'],
  [['find', ' '], 2, 'only blanks'],
  [['suspend', 'lic_1'], 1, 'No license has this id or key.'],
  [['show', 'TO-AAAA-AAAA-AAAA-AAAA'], 1, 'This license key contains a typo'],
  [['explain', 'lic_1', '--at', '2027-02-30T00:00:00Z'], 2, 'invalid'],
] as const)('licet licenses %j exits with %d and says why', async (args, code, reason) => {
  const result = await licenses(...args)
  expect(result.stderr).toContain(reason)
  expect(result).toMatchObject({ code, stdout: '' })
})

test.each(['create', 'show', 'find', 'suspend', 'reinstate', 'revoke', 'renew', 'explain'])(
  'licet licenses %s --help prints its usage',
  async (name) => {
    const { code, stdout } = await licenses(name, '--help')
    expect(stdout).toStartWith(`Usage: licet licenses ${name}`)
    expect(code).toBe(0)
  },
)
