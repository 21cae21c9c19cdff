import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { assert } from '~/assert.ts'
import { deriveGeneration, type Purpose } from '~/platform/generation.ts'
import { writeLicenseList } from './import-files.ts'
import { sizeOf } from './nodes.ts'
import {
  type Launch,
  runLicet,
  type Sandbox,
  type ServerProcess,
  spawn,
  startServer,
} from './server.ts'

export const LICENSES = sizeOf(4000, 12_000)
export const KILLS = 20

type Rows = readonly Readonly<Record<string, string | null>>[]

/** A database whose master secret is replaced while servers are killed. */
export interface RotatedDatabase {
  readonly sandbox: Sandbox
  /** The environment of servers and commands, up to the end of the rotation with this number. */
  readonly envOf: (round: number) => Readonly<Record<string, string>>
  readonly rotateArgsOf: (round: number) => readonly string[]
  /** The file with the secret that this rotation replaces. */
  readonly secretFileOf: (round: number) => string
  readonly query: (sql: string) => Rows | Promise<Rows>
}

/** Every column with encrypted values, as a query for its texts. */
const sealedColumns: readonly (readonly [purpose: Purpose, sql: string])[] = [
  ['license-key', 'SELECT key_sealed AS text FROM licenses'],
  ['webhook-secret', 'SELECT secret_sealed AS text FROM endpoints'],
  ['signing-seed', 'SELECT seed_sealed AS text FROM signing_keys WHERE seed_sealed IS NOT NULL'],
  ['kept-answer', 'SELECT sealed_response AS text FROM stored_responses'],
  ['kept-keys', "SELECT value AS text FROM meta WHERE name = 'secret:kept'"],
]

export const readSecret = (path: string) => Buffer.from(readFileSync(path, 'utf8'), 'base64')

/** The things that customers and integrations rely on, with the answers from before the rotation. */
interface Promises {
  readonly verdicts: ReadonlyMap<string, string>
  readonly apiToken: string
  readonly order: unknown
  readonly orderId: string
}

export const keyOf = (number: number) => `ACME-2019-${String(number * 7919).padStart(12, '0')}`

export async function validate(server: Pick<ServerProcess, 'url'>, key: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  })
  const { valid, error } = (await response.json()) as { valid: boolean; error?: string }
  return valid ? 'VALID' : (error ?? `status ${response.status}`)
}

/** Creates licenses of every kind of key, and everything else that hangs on the master secret. */
async function prepare(launch: Launch, server: ServerProcess, sandbox: Sandbox): Promise<Promises> {
  const list = sandbox.at('licenses.csv')
  await writeLicenseList(list, LICENSES)
  expect((await runLicet(launch, ['import', 'csv', list])).code).toBe(0)
  const hashed = 'HASH-ONLY-KEY-0123456789'
  const hash = new Bun.CryptoHasher('sha256').update(hashed).digest('hex')
  await Bun.write(sandbox.at('hashes.csv'), `id,key_hash,plan\nh1,${hash},professional\n`)
  const args = ['import', 'csv', sandbox.at('hashes.csv'), '--as', 'other', '--hash', 'sha256']
  expect((await runLicet(launch, args)).code).toBe(0)

  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const create = () =>
    server.send('POST', '/api/v1/licenses', order, { 'idempotency-key': 'the-order' })
  const { body: created } = await create()
  const path = `/api/v1/licenses/${created.id}/rotate-key`
  const { body: rekeyed } = await server.send('POST', path, { overlap_hours: 24 })
  const { body: apiKey } = await server.send('POST', '/api/v1/keys', {
    name: 'integration',
    scopes: ['licenses:read'],
  })
  await server.send('POST', '/api/v1/webhooks', { url: 'https://example.com/hook' })

  const keys = [created.key, rekeyed.key, ...Array.from({ length: LICENSES }, (_, n) => keyOf(n))]
  const verdicts = new Map<string, string>()
  for (const key of keys) verdicts.set(key, await validate(server, key))
  // Not asked for before: the first request with this key gives it to its license.
  verdicts.set(hashed, 'VALID')
  return { verdicts, apiToken: apiKey.token, order, orderId: created.id }
}

/** Compares everything with what it was before. */
async function expectUnchanged(server: ServerProcess, promises: Promises): Promise<void> {
  const { verdicts, apiToken, order, orderId } = promises
  const changed: string[] = []
  for (const [key, verdict] of verdicts) {
    const now = await validate(server, key)
    if (now !== verdict) changed.push(`${key}: ${verdict}, now ${now}`)
  }
  expect(changed).toEqual([])
  const own = { authorization: `Bearer ${apiToken}` }
  expect((await server.send('GET', '/api/v1/licenses', undefined, own)).status).toBe(200)
  const again = await server.send('POST', '/api/v1/licenses', order, {
    'idempotency-key': 'the-order',
  })
  expect(again.body.id).toBe(orderId)
}

async function expectSealedWith(
  { query }: RotatedDatabase,
  former: Uint8Array,
  next: Uint8Array,
): Promise<void> {
  const generation = deriveGeneration(next, false)
  const formers = [deriveGeneration(former, true), deriveGeneration(former, false)]
  for (const [purpose, sql] of sealedColumns) {
    const rows = await query(sql)
    expect(rows.length).toBeGreaterThan(0)
    for (const { text } of rows) {
      const sealed = text ?? ''
      expect(() => generation.open(purpose, sealed)).not.toThrow()
      const bare = sealed.slice(generation.prefix.length)
      for (const one of formers) {
        expect(() => one.open(purpose, one.prefix + bare)).toThrow()
      }
    }
  }
  const hashes = await query('SELECT key_hash AS text FROM licenses')
  expect(hashes.filter(({ text }) => !text?.startsWith(generation.prefix))).toEqual([])
  expect(await query("SELECT name FROM meta WHERE name = 'secret:rotation'")).toEqual([])
}

/** Validates random keys until it is stopped, on whichever server is running. */
function probe(getServer: () => ServerProcess | null, { verdicts }: Promises) {
  const keys = [...verdicts.keys()]
  const wrong: string[] = []
  const state = { isOver: false, count: 0 }
  const work = async () => {
    while (!state.isOver) {
      const server = getServer()
      const key = keys[Math.floor(Math.random() * keys.length)] ?? ''
      // A server that is killed answers nothing.
      const verdict = server === null ? null : await validate(server, key).catch(() => null)
      if (verdict === null) await Bun.sleep(5)
      else state.count += 1
      if (verdict !== null && verdict !== verdicts.get(key)) wrong.push(`${key}: ${verdict}`)
    }
  }
  const working = work()
  return async () => {
    state.isOver = true
    await working
    expect(wrong).toEqual([])
    return state.count
  }
}

/** Returns how many licenses a rotation has left; null if none is under way. */
async function countLeft({ query }: RotatedDatabase): Promise<number | null> {
  const [row] = await query("SELECT value AS text FROM meta WHERE name = 'secret:rotation'")
  if (row === undefined) return null
  // Converted values begin as this one does.
  const { keptSealed } = JSON.parse(row.text ?? '') as { keptSealed: string }
  const prefix = keptSealed.slice(0, keptSealed.indexOf('.') + 1)
  const sql = `SELECT count(*) AS text FROM licenses WHERE substr(key_hash, 1, ${prefix.length}) <> '${prefix}'`
  const [counted] = await query(sql)
  return Number(counted?.text)
}

/** Kills a server while a rotation is in the middle, and starts it again. Returns null if it has ended. */
async function killInTheMiddle(
  database: RotatedDatabase,
  launch: Launch,
  running: { server: ServerProcess | null },
  most: number,
): Promise<number | null> {
  for (;;) {
    const left = await countLeft(database)
    if (left === null) return null
    if (left < most) {
      const { server } = running
      running.server = null
      await server?.kill()
      running.server = await startServer(launch)
      return left
    }
    await Bun.sleep(1)
  }
}

/** Starts the command. Resolves once it leaves the work to a server, or has ended. */
async function startRotation(launch: Launch, args: readonly string[]) {
  const command = spawn(launch, ['secret', 'rotate', ...args], {})
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of command.stderr) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('A running server does the work.')) break
  }
  return { command, text }
}

/** Kills the servers and commands of rotations often, and expects that nothing has suffered. */
export async function killRotations(database: RotatedDatabase): Promise<void> {
  const { sandbox, envOf, rotateArgsOf, secretFileOf } = database
  const launchOf = (round: number): Launch => ({ cwd: sandbox.path, env: envOf(round) })
  const running = { server: (await startServer(launchOf(0))) as ServerProcess | null }
  const promises = await prepare(launchOf(0), running.server as ServerProcess, sandbox)
  const stopProbe = probe(() => running.server, promises)
  let kills = 0
  let round = 0
  let former = readSecret(secretFileOf(round))
  // On a fast machine, one rotation may end before it was killed that often.
  for (; kills < KILLS; round += 1) {
    const launch = launchOf(round)
    former = readSecret(secretFileOf(round))
    const startCommand = () => startRotation(launch, rotateArgsOf(round))
    let { command, text } = await startCommand()
    let left: number | null = LICENSES + 2
    while (left !== null && kills < KILLS) {
      left = await killInTheMiddle(database, launch, running, left)
      if (left === null) break
      kills += 1
      if (kills % 4 !== 0) continue
      command.kill('SIGKILL')
      await command.exited
      ;({ command, text } = await startCommand())
    }
    // A command that starts after the end, with the former secret in a variable, is refused.
    const isLate = text.includes('so the former one is refused')
    expect({ code: await command.exited, text }).toEqual({ code: isLate ? 1 : 0, text })
  }
  expect(kills).toBe(KILLS)
  expect(await stopProbe()).toBeGreaterThan(0)
  const { server } = running
  assert(server !== null, 'a server is running')
  await expectUnchanged(server, promises)
  await server.stop()

  const next = readSecret(secretFileOf(round))
  await expectSealedWith(database, former, next)
  const formerEnv = { LICET_MASTER_SECRET: former.toString('base64') }
  const refused = await runLicet(launchOf(round), ['serve'], formerEnv)
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('so the former one is refused')
  await using restarted = await startServer(launchOf(round))
  await expectUnchanged(restarted, promises)
}
