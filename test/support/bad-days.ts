import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './degraded.ts'
import { testMounting } from './mounting.ts'
import { sizeOf } from './nodes.ts'
import { hang, respond, startReceiver } from './receiver.ts'
import { type Launch, Sandbox, type ServerProcess } from './server.ts'
import { connectTo } from './sockets.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const STOPPED_SECONDS = sizeOf(2, 20)
const PENDING = sizeOf(500, 30_000)
const BATCH_MAX = 500
const NEW_LICENSES = sizeOf(1000, 5000)
const CONNECTIONS = 120
const STOP_MAX_MS = 20_000
const MEMORY_BYTES = 160 * 1024 * 1024

/** A network for documentation, to which nothing is connected. */
const SILENT_ADDRESS = '192.0.2.53'

/** How a server is started: with limits of its process, and more variables. */
export interface Situation {
  readonly launch?: Partial<Launch>
  readonly env?: Readonly<Record<string, string>>
}

/** The control groups for memory of this machine, and the file of a limit; null if this process may not add one. */
const memoryGroups = findMemoryGroups()

function findMemoryGroups() {
  const known = [
    { group: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
    { group: '/sys/fs/cgroup', limit: 'memory.max' },
  ]
  return known.find(({ group, limit }) => canLimit(group, limit)) ?? null
}

function canLimit(group: string, limit: string): boolean {
  const directory = `${group}/licet-test-${crypto.randomUUID()}`
  try {
    mkdirSync(directory)
  } catch {
    return false
  }
  const isPossible = existsSync(`${directory}/${limit}`)
  rmdirSync(directory)
  return isPossible
}

/** Starts a server on a new database, in this directory. It is killed when disposed of. */
export type Open = (sandbox: Sandbox, situation?: Situation) => Promise<ServerProcess>

const order = { plan: 'enterprise', customer_email: 'ada@example.com' }

const create = (server: ServerProcess, more: object = {}) =>
  server.send('POST', '/api/v1/licenses', { ...order, ...more })

async function validate(server: ServerProcess, key: string): Promise<string> {
  const { status, body } = await server.send('POST', '/api/v1/validate', { key })
  return body.valid === true ? 'VALID' : (body.error ?? `status ${status}`)
}

/** Expects that a license can be created, validated and changed. */
async function expectService(server: ServerProcess): Promise<void> {
  const created = await create(server)
  expect(created.status).toBe(201)
  expect(await validate(server, created.body.key)).toBe('VALID')
  const path = `/api/v1/licenses/${created.body.id}/suspend`
  expect((await server.send('POST', path)).status).toBe(200)
  expect(await validate(server, created.body.key)).toBe('LICENSE_SUSPENDED')
}

/** Expects that SIGTERM ends the server in order. A failure shows what it has printed. */
async function expectStop(server: ServerProcess): Promise<void> {
  const code = await server.stop()
  expect({ code, banner: server.banner() }).toEqual({ code: 0, banner: server.banner() })
}

const isReady = async (server: ServerProcess) =>
  (await server.send('GET', '/readyz')).status === 200

async function createMany(server: ServerProcess, count: number): Promise<void> {
  for (let left = count; left > 0; left -= BATCH_MAX) {
    const quantity = Math.min(left, BATCH_MAX)
    expect((await create(server, { quantity })).status).toBe(201)
  }
}

async function addEndpoint(server: ServerProcess, url: string): Promise<void> {
  const body = { url, events: ['license.created'] }
  expect((await server.send('POST', '/api/v1/webhooks', body)).status).toBe(201)
}

/** Registers the faults of an operator's day that each engine survives without a restart. */
export function testBadDays(engine: string, open: Open): void {
  test(`bad day: on ${engine}, requests to a stopped process wait, and all work once it continues`, async () => {
    using sandbox = new Sandbox()
    await using server = await open(sandbox)
    const { body } = await create(server)
    server.process.kill('SIGSTOP')
    const waiting = [validate(server, body.key), expectService(server)]
    await Bun.sleep(STOPPED_SECONDS * 1000)
    server.process.kill('SIGCONT')
    await Promise.all(waiting)
    expect(await waiting[0]).toBe('VALID')
    await waitFor(() => isReady(server))
    await expectStop(server)
  })

  test(`bad day: on ${engine}, while the clock is ten years ahead a license has expired, and it is valid again afterwards`, async () => {
    using sandbox = new Sandbox()
    const jumpFile = sandbox.at('jump')
    const env = {
      TEST_CLOCK_MS: String(Date.now()),
      TEST_CLOCK_JUMP_FILE: jumpFile,
      BUN_OPTIONS: `--preload ${join(import.meta.dir, 'shifted-clock.ts')}`,
    }
    await using server = await open(sandbox, { env })
    const expires_at = new Date(Date.now() + DAY_MS).toISOString()
    const { body } = await create(server, { expires_at })
    const jump = (ms: number, seconds: number, verdict: string) => {
      writeFileSync(jumpFile, String(ms))
      return server
        .waitForLog(`"seconds":${seconds},"msg":"the clock jumped"`)
        .then(() => waitFor(async () => (await validate(server, body.key)) === verdict))
    }
    await jump(-YEAR_MS, -31_536_000, 'VALID')
    await jump(10 * YEAR_MS, 11 * 31_536_000, 'LICENSE_EXPIRED')
    await jump(0, -10 * 31_536_000, 'VALID')
    await expectService(server)
    await waitFor(() => isReady(server))
    await expectStop(server)
  })

  test(`bad day: on ${engine}, a server with 64 descriptors works beside ${CONNECTIONS} connections`, async () => {
    using sandbox = new Sandbox()
    await using server = await open(sandbox, { launch: { shell: 'ulimit -n 64;' } })
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connectTo(server.port)),
    )
    for (const socket of sockets) socket.on('error', () => undefined)
    await expectService(server)
    for (const socket of sockets) socket.destroy()
    await expectService(server)
    await expectStop(server)
  })

  test(`bad day: on ${engine}, ${PENDING} events for a receiver that never responds hold up no other receiver and no stop`, async () => {
    using sandbox = new Sandbox()
    await using dead = await startReceiver(hang)
    await using alive = await startReceiver(respond(200))
    await using server = await open(sandbox)
    await addEndpoint(server, dead.url)
    await createMany(server, PENDING)
    await waitFor(async () => dead.requests.length > 0)
    await addEndpoint(server, alive.url)
    await expectService(server)
    await waitFor(async () => alive.requests.length === 1)
    const beganAtMs = performance.now()
    await expectStop(server)
    expect(performance.now() - beganAtMs).toBeLessThan(STOP_MAX_MS)
  })

  test(`bad day: on ${engine}, a server whose address space is limited to 1 GB works`, async () => {
    using sandbox = new Sandbox()
    await using server = await open(sandbox, { launch: { shell: 'ulimit -v 1048576;' } })
    await createMany(server, NEW_LICENSES)
    await expectService(server)
    await expectStop(server)
  })

  testMounting(
    `bad day: on ${engine}, beside a DNS server that never responds, webhooks to addresses arrive, and a stop is in order`,
    async () => {
      using sandbox = new Sandbox()
      await using alive = await startReceiver(respond(200))
      writeFileSync(sandbox.at('resolv.conf'), `nameserver ${SILENT_ADDRESS}\n`)
      const shell = `mount --bind ${sandbox.at('resolv.conf')} /etc/resolv.conf;`
      await using server = await open(sandbox, { launch: { shell, namespace: true } })
      await addEndpoint(server, 'https://hooks.example.com/licet')
      await addEndpoint(server, alive.url)
      await expectService(server)
      await waitFor(async () => alive.requests.length === 1)
      await expectStop(server)
    },
  )

  if (memoryGroups !== null) {
    const { group, limit } = memoryGroups
    test(`bad day: on ${engine}, a server with 160 MB of memory creates ${NEW_LICENSES} licenses`, async () => {
      using sandbox = new Sandbox()
      using stack = new DisposableStack()
      const directory = `${group}/licet-test-${crypto.randomUUID()}`
      mkdirSync(directory)
      stack.defer(() => rmdirSync(directory))
      writeFileSync(`${directory}/${limit}`, String(MEMORY_BYTES))
      const launch = { program: 'binary', shell: `echo $$ > ${directory}/cgroup.procs;` } as const
      await using server = await open(sandbox, { launch })
      await createMany(server, NEW_LICENSES)
      await expectService(server)
      await expectStop(server)
    })
  }
}
