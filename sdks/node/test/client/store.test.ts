import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Licet, type Store } from '../../src/index.ts'
import { createFileStore, findConfigDirectory } from '../../src/node/file-store.ts'
import { type SigningServer, startSigningServer } from './signing-server.ts'

const WRITES = 200
const DEVICE = { fingerprint: 'device-1' }

interface Folder extends Disposable {
  readonly path: string
}

function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'licet-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function createClient(server: SigningServer, store: Store, problems: unknown[] = []): Licet {
  const { url, publicKeys } = server
  const onProblem = (problem: unknown) => problems.push(problem)
  return new Licet({
    url,
    appId: 'editor',
    key: 'TO-04HM-ASW9-NF6Y-Y0CN',
    publicKeys,
    store,
    onProblem,
  })
}

test('a record is a file that only its owner can read, and no temporary file is left', async () => {
  await using server = await startSigningServer()
  using folder = makeFolder()
  const path = join(folder.path, 'config', 'editor')
  await createClient(server, createFileStore(path)).check(DEVICE)
  const [name = '', ...others] = readdirSync(path)
  assert.match(name, /^licet-[0-9a-f]{16}\.json$/)
  assert.deepEqual(others, [])
  assert.equal(statSync(join(path, name)).mode & 0o777, 0o600)
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('a directory that cannot be written is reported, and the record stays in memory', async () => {
  await using server = await startSigningServer()
  using folder = makeFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const problems: unknown[] = []
  const client = createClient(server, createFileStore(join(file, 'editor')), problems)
  assert.equal((await client.check(DEVICE)).status, 'licensed')
  assert.match(String(problems), /ENOTDIR|EEXIST/)
  await server.stop()
  const state = await client.check(DEVICE)
  assert.deepEqual([state.status, state.source], ['licensed', 'lease'])
})

test('a store that throws on every call does not stop a check', async () => {
  await using server = await startSigningServer()
  const fail = () => {
    throw new Error('The disk is gone.')
  }
  const client = createClient(server, { get: fail, put: fail, delete: fail })
  assert.equal((await client.check()).status, 'licensed')
  assert.equal((await client.check()).source, 'lease')
  await client.deactivate(DEVICE).catch(() => {})
})

test('a damaged record counts as none, and is replaced', async () => {
  await using server = await startSigningServer()
  using folder = makeFolder()
  const store = createFileStore(folder.path)
  await createClient(server, store).check(DEVICE)
  const path = join(folder.path, readdirSync(folder.path)[0] ?? '')
  const good = readFileSync(path, 'utf8')
  const damages = [
    '',
    '\0\0\0',
    'null',
    '[]',
    '{"v":2}',
    good.slice(0, 40),
    '{"v":1,"lease":5,"feed":{}}',
    '{"v":1,"floor":9007199254740991,"tombstone":{"code":"LICENSE_REVOKED"},"feed":[]}',
  ]
  for (const text of damages) {
    writeFileSync(path, text)
    const state = await createClient(server, store).check(DEVICE)
    assert.equal(state.source, 'server', text)
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).lease.split('.').length, 3)
  }
})

test('an unsigned answer in the record of an app with pinned keys is worth nothing', async () => {
  await using server = await startSigningServer()
  using folder = makeFolder()
  const store = createFileStore(folder.path)
  const at = Math.floor(Date.now() / 1000)
  const license = { id: 'lic_1', plan: 'enterprise', features: {}, expiresAt: null }
  const answer = { at, verdict: { valid: true, license, warnings: [] } }
  await createClient(server, store).check(DEVICE)
  const path = join(folder.path, readdirSync(folder.path)[0] ?? '')
  writeFileSync(path, JSON.stringify({ v: 1, answer }))
  await server.stop()
  const state = await createClient(server, store).check({ ...DEVICE, fresh: true })
  assert.equal(state.allowed, false)
})

test('two processes that write the same record never leave half of one', async () => {
  using folder = makeFolder()
  const store = createFileStore(folder.path)
  const writer = fileURLToPath(new URL('./store-writer', import.meta.url))
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const writers = ['a', 'b'].map((letter) =>
    spawn(process.execPath, [writer + extension, folder.path, letter, `${WRITES}`], {
      stdio: 'inherit',
    }),
  )
  const ends = Promise.all(writers.map((each) => once(each, 'exit')))
  let isRunning = true
  void ends.then(() => {
    isRunning = false
  })
  while (isRunning) {
    const text = (await store.get('licet-record')) ?? 'a'
    assert.equal(text, (text[0] ?? '').repeat(text.length))
    assert.ok(text === 'a' || text.length === 100_000, `${text.length} characters`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await ends, [
    [0, null],
    [0, null],
  ])
  assert.deepEqual(readdirSync(folder.path), ['licet-record.json'])
})

test('a record is in the configuration directory of the operating system', () => {
  const find = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv = {}) =>
    findConfigDirectory('editor', platform, env).replaceAll('\\', '/')
  assert.equal(find('linux', { XDG_CONFIG_HOME: '/x' }), '/x/editor')
  assert.match(find('linux'), /\/\.config\/editor$/)
  assert.match(find('darwin'), /\/Library\/Application Support\/editor$/)
  assert.equal(find('win32', { LOCALAPPDATA: 'C:/Local' }), 'C:/Local/editor')
})
