import { afterAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { databasePath } from '~/store/sqlite/connection.ts'
import { rowsIn } from '../support/database.ts'
import { readUntil } from '../support/noticing.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'
import { openToken } from '../support/tokens.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

interface Key {
  readonly kid: string
  readonly public_key: string
  readonly state: string
  readonly has_private_key: boolean
  readonly revoked_since: string | null
}

async function listKeys(launch = sandbox, env = {}): Promise<Key[]> {
  const { stdout } = await runLicet(launch, ['signing', 'keys', '--json'], env)
  return JSON.parse(stdout)
}

const statesOf = (keys: readonly Key[]) => keys.map(({ state }) => state)
const findKey = (keys: readonly Key[], state: string) => keys.find((key) => key.state === state)

test('signing: a running server signs with the next key after a rotation', async () => {
  await using server = await startServer(sandbox)
  const readFeed = async () => (await server.send('GET', '/api/v1/revocations')).body.signed
  const before = await listKeys()
  expect(statesOf(before)).toEqual(['active', 'next'])
  const next = findKey(before, 'next')?.public_key ?? ''
  const former = findKey(before, 'active')?.public_key ?? ''
  expect((await openToken(await readFeed(), former)).claims).toMatchObject({ keys: [] })

  const rotated = runLicet(sandbox, ['signing', 'rotate'])
  // The rotation is on disk when its command has ended.
  const { stdout, code } = await rotated
  expect(stdout).toStartWith(`${findKey(before, 'next')?.kid} signs now.`)
  expect(code).toBe(0)
  const isSignedByNext = async () =>
    openToken(await readFeed(), next).then(
      () => true,
      () => false,
    )
  expect(await readUntil(isSignedByNext, Boolean)).toBe(true)

  const after = await listKeys()
  expect(statesOf(after)).toEqual(['retired', 'active', 'next'])
  expect(stdout).toContain(findKey(after, 'next')?.public_key ?? 'none')
  const { body } = await server.send('GET', '/.well-known/licet/jwks.json')
  expect(body.keys.map(({ licet_state }: { licet_state: string }) => licet_state)).toEqual(
    statesOf(after),
  )
  expect(await server.stop()).toBe(0)
})

test('signing: the table begins with the two public keys that an app pins', async () => {
  const keys = await listKeys()
  const { stdout, stderr } = await runLicet(sandbox, ['signing', 'keys'])
  const [, first, second] = stdout.split('\n')
  expect(first).toStartWith(`${findKey(keys, 'active')?.public_key}  active `)
  expect(second).toStartWith(`${findKey(keys, 'next')?.public_key}  next `)
  expect(stderr).toBe('')
})

test('signing: a revoked key is replaced, named by the feed, and gone from the public keys', async () => {
  await using server = await startServer(sandbox)
  const { kid = '' } = findKey(await listKeys(), 'active') ?? {}
  const time = '2026-01-01T00:00:00Z'
  const revoked = await runLicet(sandbox, ['signing', 'revoke', kid, '--since', time])
  expect(revoked.stdout).toStartWith(`Revoked ${kid}.`)
  const keys = await listKeys()
  expect(revoked.stdout).toContain(findKey(keys, 'next')?.public_key ?? 'none')
  expect(statesOf(keys)).toEqual(['retired', 'revoked', 'active', 'next'])
  expect(findKey(keys, 'revoked')).toMatchObject({
    kid,
    revoked_since: time,
    has_private_key: false,
  })
  const readClaims = async () => {
    const { body } = await server.send('GET', '/api/v1/revocations')
    return (await openToken(body.signed, findKey(keys, 'active')?.public_key ?? '')).claims
  }
  const isNoticed = () => readClaims().catch(() => null)
  let claims = await isNoticed()
  while (claims === null) claims = await isNoticed()
  expect(claims).toMatchObject({ keys: [[kid, Date.parse(time) / 1000]] })
  const { text } = await server.send('GET', '/.well-known/licet/jwks.json')
  expect(text).not.toContain(kid)

  const again = await runLicet(sandbox, ['signing', 'revoke', kid])
  // No key was replaced, so there is no new one to pin.
  expect(again.stdout).not.toContain('Pin')
  expect(again.code).toBe(0)
  expect(findKey(await listKeys(), 'revoked')?.revoked_since).toBe('1970-01-01T00:00:00Z')
  const unknown = await runLicet(sandbox, ['signing', 'revoke', 'AAAAAAAAAAAAAAAA'])
  expect(unknown.stderr).toStartWith('There is no signing key AAAAAAAAAAAAAAAA.')
  expect(unknown.code).toBe(1)
  const later = ['signing', 'revoke', kid, '--since', '2999-01-01T00:00:00Z']
  expect((await runLicet(sandbox, later)).stderr).toContain('This time is in the future.')
  expect(await server.stop()).toBe(0)
})

test('signing: an exported key is private, and the rotation waits until it is imported again', async () => {
  const file = sandbox.at('next.pem')
  const exported = await runLicet(sandbox, ['signing', 'export-next', file, '--delete'])
  const next = findKey(await listKeys(), 'next')
  expect(exported.stdout).toContain(`${next?.kid} to ${file}.`)
  expect(next?.has_private_key).toBe(false)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toStartWith('-----BEGIN PRIVATE KEY-----\n')

  for (const args of [['rotate'], ['revoke', findKey(await listKeys(), 'active')?.kid ?? '']]) {
    const refused = await runLicet(sandbox, ['signing', ...args])
    expect(refused.stderr).toContain('Import it first: licet signing import-next FILE.')
    expect(refused.code).toBe(1)
  }
  const twice = await runLicet(sandbox, ['signing', 'export-next', sandbox.at('again.pem')])
  expect(twice.stderr).toContain('was exported and deleted before')

  const imported = await runLicet(sandbox, ['signing', 'import-next', file])
  expect(imported.stdout).toStartWith(`Imported the private key of ${next?.kid}`)
  const rotated = await runLicet(sandbox, ['signing', 'rotate'])
  expect(rotated.stdout).toStartWith(`${next?.kid} signs now.`)
  const old = await runLicet(sandbox, ['signing', 'import-next', file])
  expect(old.stderr).toStartWith(`The file contains the key ${next?.kid}, but `)
  expect(old.code).toBe(1)
})

test('signing: an export overwrites no file, and without --delete the key can still sign', async () => {
  const file = sandbox.at('copy.pem')
  expect((await runLicet(sandbox, ['signing', 'export-next', file])).code).toBe(0)
  const again = await runLicet(sandbox, ['signing', 'export-next', file])
  expect(again.stderr).toBe(`${file} already exists. Choose another name.\n`)
  expect(findKey(await listKeys(), 'next')?.has_private_key).toBe(true)
})

test('signing: every change has an audit row that names the key', async () => {
  const rows = rowsIn(databasePath(sandbox.at('data'))).audit as { action: string; actor: string }[]
  const actions = rows
    .filter(({ action }) => action.startsWith('signing_key.'))
    .map(({ action, actor }) => `${actor} ${action}`)
  expect(actions).toEqual([
    'command:start signing_key.create',
    'command:shell signing_key.rotate',
    'command:shell signing_key.revoke',
    'command:shell signing_key.revoke',
    'command:shell signing_key.export',
    'command:shell signing_key.import',
    'command:shell signing_key.rotate',
    'command:shell signing_key.export',
  ])
})

test('signing: no private key is in the data directory in the clear', () => {
  const pem = readFileSync(sandbox.at('copy.pem'), 'utf8')
  const der = Buffer.from(pem.split('\n')[1] ?? '', 'base64')
  const seed = der.subarray(-32)
  expect(der).toHaveLength(48)
  const files = readdirSync(sandbox.at('data'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name)))
  const forms = [
    seed,
    ...(['hex', 'base64', 'base64url'] as const).map((form) => seed.toString(form)),
  ]
  const found = files.flatMap((bytes) => forms.filter((form) => bytes.includes(form)))
  expect(files.length).toBeGreaterThan(2)
  expect(found).toEqual([])
})
