import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { formatRequestCode, verifyFile } from '../support/offline.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
let server: ServerProcess
let license: { id: string; key: string }

beforeAll(async () => {
  server = await startServer(sandbox)
  license = await createOverHttp('professional')
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

const file = (...args: string[]) => runLicet(sandbox, ['licenses', 'file', ...args])

async function createOverHttp(plan: string) {
  const body = { plan, customer_email: 'dev@example.com' }
  return (await server.send('POST', '/api/v1/licenses', body)).body
}

const listOverHttp = async (path: string, { id } = license) =>
  (await server.send('GET', `/api/v1/licenses/${id}/${path}`)).body.data

/** Returns the claims of a file, signed by a key that the server publishes. */
async function readFile(text: string) {
  const { body } = await server.send('GET', '/.well-known/licet/jwks.json')
  return verifyFile(body.keys, text)
}

test('licenses file: the running server knows the file, and validates its device', async () => {
  const places = ['--fingerprint', 'machine', '--name', 'Kiosk', '--domain', 'a.io']
  const { code, stdout, stderr } = await file(license.key, ...places, '--days', '30')
  expect(code).toBe(0)
  const claims = await readFile(stdout)
  expect(claims).toMatchObject({ sub: license.id, dom: ['a.io'], non: null })
  expect(claims.exp - claims.iat).toBe(30 * 86_400)
  expect(stderr).toBe(
    `Issued file ${claims.jti} of license ${license.id}, which works on one device, a.io, until ` +
      `${new Date(claims.exp * 1000).toISOString().slice(0, 19)}Z.\n`,
  )
  expect(await listOverHttp('files')).toMatchObject([{ id: claims.jti, returned_at: null }])
  const validation = { key: license.key, fingerprint: 'machine', domain: 'a.io' }
  expect((await server.send('POST', '/api/v1/validate', validation)).body.valid).toBe(true)
  expect(await listOverHttp('activations')).toHaveLength(2)
})

test('licenses file: a request code is enough to issue a file, which --out writes', async () => {
  const request = sandbox.at('request.txt')
  const out = sandbox.at('machine.txt')
  const code = formatRequestCode({ key: license.key, fp: 'machine', nonce: 'n'.repeat(20) })
  writeFileSync(request, `${code.slice(0, 40)}\n${code.slice(40)}\n`)
  const issued = await file('--request', request, '--out', out)
  expect({ ...issued, stderr: issued.stderr.endsWith(`It is in ${out}.\n`) }).toEqual({
    code: 0,
    stdout: '',
    stderr: true,
  })
  expect(await readFile(readFileSync(out, 'utf8'))).toMatchObject({ non: 'n'.repeat(20) })
  expect(statSync(out).mode & 0o777).toBe(0o600)
  expect(await listOverHttp('activations')).toHaveLength(2)

  const again = await file('--request', request, '--out', out)
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already exists')])
  const nowhere = await file('--request', request, '--out', sandbox.at('no', 'directory.txt'))
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('no directory')])
  expect(await listOverHttp('files')).toHaveLength(2)
})

test('licenses file: a request code is read from standard input, and --json prints the response', async () => {
  const request = sandbox.at('piped.txt')
  writeFileSync(request, formatRequestCode({ key: license.key, fp: 'machine' }))
  const launch = { ...sandbox, cwd: sandbox.cwd, shell: `exec <${request};` }
  const args = ['licenses', 'file', license.id, '--request', '-', '--json']
  const { code, stdout, stderr } = await runLicet(launch, args)
  expect([code, stderr]).toEqual([0, ''])
  const view = JSON.parse(stdout)
  expect(await readFile(view.file)).toMatchObject({ jti: view.id, non: 'nonce-of-a-request' })
})

test('licenses file: a refusal says why, and issues nothing', async () => {
  const other = await createOverHttp('professional')
  const request = sandbox.at('other.txt')
  writeFileSync(request, formatRequestCode({ key: license.key, fp: 'machine', product: 'other' }))
  for (const [args, words] of [
    [[other.id], 'must be bound to a device or to domains'],
    [[other.id, '--fingerprint', 'm', '--days', '366'], 'up to 365 days'],
    [['--request', request], 'for the product other'],
    [[other.id, '--request', request], `for the license ${license.id}`],
    [['no such license', '--fingerprint', 'm'], 'No license has this id or key'],
  ] as const) {
    const { code, stdout, stderr } = await file(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(words)
  }
  expect(await listOverHttp('files', other)).toEqual([])
  expect(await listOverHttp('activations', other)).toEqual([])
})

test('licenses file: wrong usage prints the usage and exits with 2', async () => {
  const damaged = sandbox.at('damaged.txt')
  for (const args of [
    [],
    ['-', '--request', '-'],
    [license.id, '--days', '0'],
    [license.id, '--fingerprint', ' '],
    ['--request', damaged, '--fingerprint', 'machine'],
  ]) {
    const { code, stderr } = await file(...args)
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: licet licenses file')
  }
})

test('licenses file: a damaged request code says what to do', async () => {
  const damaged = sandbox.at('damaged.txt')
  writeFileSync(damaged, formatRequestCode({ key: license.key, fp: 'machine' }).slice(0, -4))
  const { code, stderr } = await file('--request', damaged, '--out', sandbox.at('damaged-out.txt'))
  expect([code, stderr]).toEqual([1, expect.stringContaining('Copy it again from the app')])
  expect(existsSync(sandbox.at('damaged-out.txt'))).toBe(false)
})

test('licenses file: a request code in a missing file names the file', async () => {
  const { code, stderr } = await file('--request', sandbox.at('missing.txt'))
  expect([code, stderr]).toEqual([1, expect.stringContaining('missing.txt')])
})
